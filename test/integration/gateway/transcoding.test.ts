import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoGateway, startEchoGateway } from '../../support/gateway.js'
import { invalidFields, malformed } from './refused-requests.js'

let running: EchoGateway
beforeAll(async () => {
  running = await startEchoGateway()
})
afterAll(() => running.stop())

interface Answer {
  status: number
  type: string | null
  json: any
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(running.url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isRaw ? (body as BodyInit) : JSON.stringify(body) }),
  })
  const answer = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    json: answer === '' ? null : JSON.parse(answer),
  }
}

/** What the service has got, without the fields that have no value. */
function withoutDefaults(json: Record<string, unknown>): object {
  const isDefault = (value: unknown) =>
    ['', 0, false, '0', 'COLOR_UNSPECIFIED'].includes(value as string) || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(json).filter(([, value]) => !isDefault(value)))
}

describe('the message of a request', () => {
  const query =
    'count=5&tags=a&tags=b%20c&color=COLOR_RED&flag=true&createdAt=2026-01-31T12:00:00Z&wrapped=false' +
    '&nested.city=Rome&nested.zip_code=00100&big=9007199254740993&ratio=1.5&data=AAEC&note='
  const fields = {
    count: 5,
    tags: ['a', 'b c'],
    color: 'COLOR_RED',
    flag: true,
    createdAt: '2026-01-31T12:00:00Z',
    wrapped: false,
    nested: { city: 'Rome', zipCode: '00100' },
    big: '9007199254740993',
    ratio: 1.5,
    data: 'AAEC',
    note: '',
  }

  it.each<[what: string, method: string, path: string, body: unknown, got: object]>([
    ['a segment of the path', 'GET', '/echo/jane', undefined, { name: 'jane' }],
    ['an encoded slash in a segment', 'GET', '/echo/a%2Fb', undefined, { name: 'a/b' }],
    ['dots in a segment', 'GET', '/echo/%2e%2e%2f%2e%2e%2fetc', undefined, { name: '../../etc' }],
    ['a percent sign', 'GET', '/echo/100%25', undefined, { name: '100%' }],
    ['characters outside of ASCII', 'GET', '/echo/%E2%82%AC', undefined, { name: '€' }],
    ['an additional binding', 'GET', '/v2/echo/jane', undefined, { name: 'jane' }],
    ['several segments', 'GET', '/files/a/b/c', undefined, { name: 'a/b/c' }],
    ['an encoded slash among several segments', 'GET', '/files/a%2Fb/c%20d', undefined, { name: 'a%2Fb/c d' }],
    ['a pattern and a verb', 'GET', '/shelves/5:open', undefined, { name: 'shelves/5' }],
    ['a query', 'GET', `/echo/jane?${query}`, undefined, { name: 'jane', ...fields }],
    ['the number of an enum', 'GET', '/echo/jane?color=2', undefined, { name: 'jane', color: 'COLOR_BLUE' }],
    [
      'names of the proto in a query',
      'GET',
      '/echo/x?created_at=2026-01-31T12:00:00Z',
      undefined,
      { name: 'x', createdAt: fields.createdAt },
    ],
    ['a body', 'POST', '/echo', fields, fields],
    [
      'names of the proto in a body',
      'POST',
      '/echo',
      { created_at: fields.createdAt },
      { createdAt: fields.createdAt },
    ],
    ['no body', 'POST', '/echo', undefined, {}],
    ['null, which is no value', 'POST', '/echo', { name: null, nested: null, tags: null }, {}],
    ['a path and a body', 'PUT', '/echo/jane', { count: 5 }, { name: 'jane', count: 5 }],
    [
      'one field as the body',
      'POST',
      '/echo/jane/nested?count=5',
      { city: 'Rome' },
      { name: 'jane', count: 5, nested: { city: 'Rome', zipCode: '' } },
    ],
    ['a byte order mark', 'POST', '/echo', '\uFEFF{"count":5}', { count: 5 }],
  ])('takes %s', async (_, method, path, body, got) => {
    const { status, type, json } = await send(method, path, body)
    expect({ status, type, got: withoutDefaults(json) }).toEqual({
      status: 200,
      type: 'application/json; charset=utf-8',
      got: withoutDefaults({ ...got }),
    })
    if ('note' in got) expect(json.note).toBe('')
  })

  it('takes fields of messages from the path, and returns one field of the response', async () => {
    expect((await send('GET', '/cities/Rome/00100')).json).toEqual({ city: 'Rome', zipCode: '00100' })
  })

  it('has fields without a value in the response, unless they are optional', async () => {
    expect((await send('POST', '/echo', {})).json).toEqual({
      ...{
        name: '',
        count: 0,
        tags: [],
        color: 'COLOR_UNSPECIFIED',
        data: '',
        ratio: 0,
        flag: false,
        big: '0',
        list: [],
      },
    })
  })

  it('answers HEAD as GET without a body, and OPTIONS with the methods of the path', async () => {
    const head = await fetch(`${running.url}/echo/jane`, { method: 'HEAD' })
    expect([head.status, await head.text(), head.headers.get('content-type')]).toEqual([
      200,
      '',
      'application/json; charset=utf-8',
    ])
    const options = await fetch(`${running.url}/echo`, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, PATCH, OPTIONS'])
    expect(options.headers.get('accept-patch')).toBe('application/merge-patch+json, application/json')
  })

  it('takes an absolute URL, as proxies send it', async () => {
    const { port, host } = new URL(running.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(`GET ${running.url}/echo/jane HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*"name":"jane"/)
  })

  it.each(['application/merge-patch+json', 'Application/Merge-Patch+JSON; charset=utf-8'])(
    'takes a PATCH as %s',
    async (type) => {
      const { status, json } = await send('PATCH', '/echo', { count: 5 }, { 'content-type': type })
      expect([status, json.count]).toEqual([200, 5])
    },
  )

  it.each<[body: object, mask: string, got: object]>([
    [{ name: 'jane', count: 0 }, 'name,count', { name: 'jane' }],
    [{ note: null }, 'note', {}],
    [{ nested: { city: null, zipCode: '1' } }, 'nested.city,nested.zipCode', { nested: { zipCode: '1' } }],
    [{ nested: null, createdAt: null }, 'nested,createdAt', {}],
    [{ name: 'jane', updateMask: 'count' }, 'count', { name: 'jane' }],
    [{ name: 'jane', updateMask: null }, 'name', { name: 'jane' }],
    [{ note: null, update_mask: null }, 'note', {}],
  ])('changes with PATCH exactly what the body names: %j', async (body, updateMask, got) => {
    expect(withoutDefaults((await send('PATCH', '/echo', body)).json)).toEqual({ ...got, updateMask })
  })
})

it('changes with PATCH what is not in the path', async () => {
  expect(withoutDefaults((await send('PATCH', '/echo/jane', { count: 1, name: null })).json)).toEqual({
    ...{ name: 'jane', count: 1, updateMask: 'count' },
  })
})

describe('a request that is refused', () => {
  it.each(invalidFields)('names the fields of %s', async (_, method, path, body, fields) => {
    const before = running.echo.calls()
    const { status, type, json } = await send(method, path, body)
    expect({ status, type, code: json.code, fields: json.fields }).toEqual({
      ...{ status: 400, type: 'application/problem+json', code: 'INVALID_INPUT' },
      fields,
    })
    expect(JSON.stringify(json)).not.toMatch(/secret|PURPLE|yesterday|maybe/)
    expect(running.echo.calls()).toBe(before)
  })

  it.each(malformed)('has a status and a code for %s', async (_, method, path, body, headers, expected) => {
    const { status, type, json } = await send(method, path, body, headers)
    expect({ status, type, json }).toEqual({
      status: expected,
      type: 'application/problem+json',
      json: {
        type: 'about:blank',
        title: expect.any(String),
        status: expected,
        detail: expect.stringMatching(/^[A-Z].*\.$/),
        code: expected === 404 ? 'NOT_FOUND' : 'BAD_REQUEST',
        requestId: expect.any(String),
      },
    })
  })

  it.each([
    ['POST', { 'content-type': 'text/plain' }, 'accept', 'application/json'],
    ['PATCH', { 'content-type': 'text/plain' }, 'accept-patch', 'application/merge-patch+json, application/json'],
    ['POST', { 'content-encoding': 'gzip' }, 'accept-encoding', 'identity'],
  ])('says what is supported instead: %s with %j', async (method, headers, name, value) => {
    const init = { method, headers: { 'content-type': 'application/json', ...headers }, body: '{}' }
    const response = await fetch(`${running.url}/echo`, init)
    expect([response.status, response.headers.get(name)]).toEqual([415, value])
  })

  it('says which methods a path has', async () => {
    const response = await fetch(`${running.url}/echo/x`, { method: 'DELETE' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, PATCH'])
  })
})
