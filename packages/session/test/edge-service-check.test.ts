import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createEdgeValidator, serviceCheck } from '../src/edge.js'
import { edgeOutcome } from './support/both-entries.js'
import { claims, SECRET, sign } from './support/tokens.js'

let answer: { status?: number; headers?: Record<string, string>; body: string }
const requests: IncomingMessage[] = []
const service = createServer((request, response) => {
  requests.push(request)
  response.writeHead(answer.status ?? 200, answer.headers).end(answer.body)
})
const url = () => `http://127.0.0.1:${(service.address() as AddressInfo).port}/graphql`

beforeAll(() => once(service.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => {
  service.closeAllConnections()
  service.close()
})
beforeEach(() => void (requests.length = 0))

const errors: Error[] = []
const outcomeOf = (token: string) =>
  edgeOutcome(
    createEdgeValidator({
      secret: SECRET,
      revocations: serviceCheck({ url: url() }),
      onError: (error) => errors.push(error),
    }),
    token,
  )
const refusal = (code: string) => JSON.stringify({ data: null, errors: [{ message: 'x', extensions: { code } }] })

it('sends the token to the service, and accepts it for the user that the service names', async () => {
  const token = sign(claims({ sub: 'user-1' }))
  answer = { body: '{"data":{"profile":{"id":"user-1"}}}' }
  expect(await outcomeOf(token)).toBe('accepted')
  expect(requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([['POST', `Bearer ${token}`]])
})

it('refuses a token that the service refuses', async () => {
  for (const status of [200, 401]) {
    answer = { status, body: refusal('UNAUTHENTICATED') }
    expect(await outcomeOf(sign(claims()))).toBe('revoked')
  }
})

it.each([
  ['another user', { body: '{"data":{"profile":{"id":"user-2"}}}' }],
  ['no data', { body: '{"data":null}' }],
  ['null', { body: 'null' }],
  ['nothing', { body: '' }],
  ['a page of a proxy', { status: 401, body: '<html>Unauthorized</html>' }],
  ['an outage', { status: 503, body: refusal('SERVICE_UNAVAILABLE') }],
  ['a rate limit', { status: 429, body: refusal('RATE_LIMITED') }],
  ['a redirect', { status: 307, headers: { location: '/elsewhere' }, body: '' }],
])('answers 503 when the service answers with %s', async (_, bad) => {
  answer = bad
  expect(await outcomeOf(sign(claims({ sub: 'user-1' })))).toBe('revocations_unavailable')
  expect(requests).toHaveLength(1)
})

it('answers 503 when there is no service, and refuses a URL that is none', async () => {
  const sessions = createEdgeValidator({
    secret: SECRET,
    revocations: serviceCheck({ url: 'http://127.0.0.1:9/graphql' }),
  })
  expect(await edgeOutcome(sessions, sign(claims()))).toBe('revocations_unavailable')
  for (const bad of ['auth.example.com', 'ftp://auth.example.com', '/graphql', ''])
    expect(() => serviceCheck({ url: bad })).toThrow(TypeError)
})
