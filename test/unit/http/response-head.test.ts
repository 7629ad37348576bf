import { Agent, createServer, request, type Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createHeadWriter } from '../../../src/http/response-head.js'
import { until } from '../../support/wait.js'

const HEADERS = ['x-frame-options', 'DENY', 'vary', 'Origin']
const CLOSING = [...HEADERS, 'connection', 'close']

let server: Server
let agent: Agent

beforeAll(async () => {
  const writeHead = createHeadWriter()
  server = createServer((incoming, response) => {
    const { 'x-request-id': id, 'x-body': body, accept } = incoming.headers
    const text = String(body)
    writeHead(response, {
      requestId: String(id),
      contentType: String(accept),
      cookies: incoming.url === '/cookies' ? ['a=1', 'b=2'] : [],
      headers: incoming.url === '/closing' ? CLOSING : HEADERS,
      length: Buffer.byteLength(text),
    })
    response.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  agent = new Agent({ keepAlive: true })
})
afterAll(() => {
  agent.destroy()
  server.close()
})

interface Answer {
  headers: string[]
  body: string
}

const ask = (body: string, { path = '/', id = 'an-id', type = 'text/plain', close = false } = {}) =>
  new Promise<Answer>((resolve, reject) => {
    const headers = { 'x-request-id': id, 'x-body': body, accept: type }
    const { port } = server.address() as AddressInfo
    const sent = request({ port, path, headers, agent: close ? false : agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ headers: response.rawHeaders, body: text }))
    })
    sent.on('error', reject)
    sent.end()
  })

const headOf = ({ headers }: Answer) => headers.toSpliced(headers.indexOf('Date'), 2)
const expected = (id: string, type: string, length: number, connection: string[]) => [
  ...['x-request-id', id, 'cache-control', 'no-store', 'content-type', type, ...HEADERS],
  ...['content-length', String(length), ...connection],
]
const OPEN = ['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5']

/** How many heads Node.js has made for `requests` requests. */
async function madeByNode(requests: () => Promise<unknown>): Promise<number> {
  const writeHead = vi.spyOn(ServerResponse.prototype, 'writeHead')
  await requests()
  const { length } = writeHead.mock.calls
  writeHead.mockRestore()
  return length
}

it('Node.js makes one head each second, and the others have its bytes with their own id and length', async () => {
  const answers: Answer[] = []
  const begun = Date.now()
  const made = await madeByNode(async () => {
    for (let i = 0; i < 200; i++) answers.push(await ask('x'.repeat(i), { id: `id-${i}` }))
  })
  expect(made).toBeLessThanOrEqual(2 + (Date.now() - begun) / 1000)
  for (const [i, answer] of answers.entries()) {
    expect(headOf(answer)).toEqual(expected(`id-${i}`, 'text/plain', i, OPEN))
    expect(answer.body).toBe('x'.repeat(i))
  }
})

it('each content type has its own', async () => {
  await ask('', { type: 'text/plain' })
  await ask('', { type: 'text/html' })
  for (const type of ['text/plain', 'text/html']) {
    expect(headOf(await ask('ab', { type }))).toEqual(expected('an-id', type, 2, OPEN))
  }
})

it('a connection that ends with the response says so, and no other response does', async () => {
  const closing = expected('an-id', 'text/plain', 2, ['Connection', 'close'])
  await ask('ab')
  expect(headOf(await ask('ab', { close: true }))).toEqual(closing)
  expect(headOf(await ask('ab'))).toEqual(expected('an-id', 'text/plain', 2, OPEN))
  // Node.js closes the connection itself only if it has made the head.
  const made = await madeByNode(async () => {
    for (let i = 0; i < 3; i++) {
      const { headers } = await ask('ab', { path: '/closing' })
      expect(headers.filter((name) => /^(?:connection|close)$/i.test(name))).toEqual(['connection', 'close'])
    }
  })
  expect(made).toBe(3)
  expect(headOf(await ask('ab'))).toEqual(expected('an-id', 'text/plain', 2, OPEN))
})

it('cookies are only in the response that sets them', async () => {
  for (let i = 0; i < 2; i++) {
    const { headers } = await ask('', { path: '/cookies' })
    expect(headers.filter((_, at) => headers[at - 1] === 'set-cookie')).toEqual(['a=1', 'b=2'])
    expect((await ask('')).headers).not.toContain('set-cookie')
  }
})

it('the date is that of the response', async () => {
  const dateOf = ({ headers }: Answer) => Date.parse(headers[headers.indexOf('Date') + 1] ?? '')
  const first = dateOf(await ask(''))
  let [last, asked] = [first, 0]
  await until('the date changes', async () => {
    asked = Date.now()
    last = dateOf(await ask(''))
    return last > first
  })
  // It has whole seconds, and a head is used for one more.
  expect(asked - last).toBeLessThan(2100)
  expect(last).toBeLessThanOrEqual(Date.now())
})
