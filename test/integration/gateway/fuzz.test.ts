import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RULES } from '../../support/echo-service.js'
import { type EchoGateway, startEchoGateway } from '../../support/gateway.js'

let running: EchoGateway
beforeAll(async () => {
  running = await startEchoGateway()
})
afterAll(() => running.stop())

const NAMES = [
  ...['name', 'count', 'tags', 'color', 'nested', 'createdAt', 'created_at', 'wrapped', 'data', 'ratio', 'flag', 'big'],
  ...['updateMask', 'list', 'note', 'city', 'inner', 'zipCode', 'unknown', '__proto__', 'constructor', 'toString', ''],
]

const anyName = fc.constantFrom(...NAMES)
const anyText = fc.oneof(
  fc.constantFrom(
    '',
    'x',
    '1',
    '-1',
    '1e400',
    'true',
    'null',
    'COLOR_RED',
    '2026-01-31T12:00:00Z',
    'AAEC',
    '\u0000',
    '€',
  ),
  fc.string({ maxLength: 20 }),
)

/** The value of a field, often of another one. */
const { value: anyValue } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(anyText, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(anyName, tie('value'), { maxKeys: 5 }),
}))

const anySegment = fc.oneof(
  anyText.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom('..', '.', '%', '%2F', '%00', '%ff', '%c0%af', 'a:b', ':', '**', '{name}', ';x=1', '%2e%2e'),
)
const anyPath = fc
  .tuple(
    fc.constantFrom('/echo', '/v2/echo', '/files', '/cities', '/shelves', '', '/auth'),
    fc.array(anySegment, { maxLength: 4 }),
    fc.constantFrom('', '', '/nested', ':open', '/'),
  )
  .map(([prefix, segments, end]) => `${[prefix, ...segments].join('/')}${end}`)

const anyParameter = fc.tuple(fc.array(anyName, { minLength: 1, maxLength: 3 }), anySegment)
const anyQuery = fc
  .array(anyParameter, { maxLength: 4 })
  .map((parameters) =>
    parameters.map(([names, value]) => `${names.map(encodeURIComponent).join('.')}=${value}`).join('&'),
  )

const anyRequest = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
  path: anyPath,
  query: anyQuery,
  body: fc.option(
    fc.oneof(
      anyValue.map((value) => JSON.stringify(value)),
      fc.string(),
    ),
    { nil: undefined },
  ),
})

it(`answers any request for ${Object.keys(RULES).length} routes with a message, or with a problem of the client`, async () => {
  await fc.assert(
    fc.asyncProperty(anyRequest, async ({ method, path, query, body }) => {
      const { statusCode, headers, payload } = await running.gateway.http.inject({
        method: method as 'GET',
        url: `${path === '' ? '/' : path}${query === '' ? '' : `?${query}`}`,
        ...(body !== undefined && { payload: body, headers: { 'content-type': 'application/json' } }),
      })
      expect([200, 400, 404, 405]).toContain(statusCode)
      const isProblem = headers['content-type'] === 'application/problem+json'
      expect(isProblem).toBe(statusCode !== 200)
      if (isProblem && method !== 'HEAD') expect(JSON.parse(payload)).toMatchObject({ status: statusCode })
    }),
    { numRuns: 400 },
  )
})
