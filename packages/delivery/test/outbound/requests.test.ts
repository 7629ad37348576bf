import { once } from 'node:events'
import { createServer, type RequestListener, type Server, setGlobalProxyFromEnv } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import type { LookupAddress } from 'node:dns'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createOutboundRequests, OutboundFailure } from '../../src/outbound/requests.js'
import { type Authority, createAuthority } from '../../../../test/support/certificates.js'

let authority: Authority
let plain: Server
let secure: Server
let plainPort = 0
let securePort = 0
let answer: RequestListener
const paths: string[] = []

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  authority = createAuthority()
  const listener: RequestListener = (request, response) => {
    paths.push(`${request.headers.host} ${request.method} ${request.url}`)
    answer(request, response)
  }
  plain = createServer(listener)
  secure = createSecureServer(authority.sign('DNS:receiver.example'), listener)
  ;[plainPort, securePort] = await Promise.all([listen(plain), listen(secure)])
})
afterEach(() => paths.splice(0))
afterAll(() => {
  for (const server of [plain, secure]) {
    server.closeAllConnections()
    server.close()
  }
  authority.remove()
})

const loopback: LookupAddress = { address: '127.0.0.1', family: 4 }
const POST = { method: 'POST', body: '{}' } as const

/** What happens instead of a response. */
async function failureOf(sending: Promise<unknown>): Promise<Partial<OutboundFailure>> {
  const error = await sending.then(
    () => new Error('There was a response.'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(OutboundFailure)
  const { problem, message } = error as OutboundFailure
  return { problem, message }
}

describe('a URL', () => {
  const { problemOf } = createOutboundRequests({ allowedHosts: ['Receiver.internal', '[::1]', '10.0.0.7'] })

  it.each([
    ...['https://example.com', 'https://example.com:8443/hooks?tenant=1', 'https://8.8.8.8/', 'HTTPS://EXAMPLE.COM/a'],
    ...['http://receiver.internal:81/', 'https://RECEIVER.internal/', 'http://[::1]:9000/', 'http://10.0.0.7/hook'],
    'http://167772167/',
  ])('%s is accepted', (url) => expect(problemOf(url)).toBeNull())

  it.each([
    ['http://example.com/', 'must start with https://'],
    ['https://user@example.com/', 'must not contain a user name or a password'],
    ['http://user:secret@receiver.internal/', 'must not contain a user name or a password'],
    ['https://example.com/#part', 'must not contain a fragment'],
    ['https://example.com:25/', 'must use port 443, or one from 1024 on'],
    ['https://127.0.0.1/', 'must not be an address of a private network'],
    ['https://[::ffff:127.0.0.1]/', 'must not be an address of a private network'],
    ['https://2130706433/', 'must not be an address of a private network'],
    ['https://0x7f.1/', 'must not be an address of a private network'],
    ['https://①②⑦.0.0.1/', 'must not be an address of a private network'],
    ['https://169.254.169.254/', 'must not be an address of a private network'],
    ['https://10.0.0.8/', 'must not be an address of a private network'],
    ['https://[fd00:ec2::254]/', 'must not be an address of a private network'],
    ['http://sub.receiver.internal/', 'must start with https://'],
    ['http://receiver.internal./', 'must start with https://'],
  ])('%s %s', (url, problem) => expect(problemOf(url)).toBe(problem))

  it.each([
    '',
    'example.com',
    '//example.com',
    'ftp://example.com/',
    'file:///etc/hosts',
    'javascript:0',
    'https:example.com',
  ])('"%s" is none', (url) => expect(problemOf(url)).toMatch(/^must be a URL/))

  it('is not too long', () => expect(problemOf(`https://example.com/${'a'.repeat(2048)}`)).toMatch(/^must be a URL/))
})

describe('a request', () => {
  it('reaches a host that is allowed by name, over HTTP and HTTPS, and returns the beginning of the response', async () => {
    const requests = createOutboundRequests({
      ...{ allowedHosts: ['receiver.example'], ca: authority.ca, resolve: () => Promise.resolve([loopback]) },
    })
    answer = (request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () =>
        response.writeHead(202).end(`${request.headers['content-length']} ${body}`.padEnd(100_000)),
      )
    }
    for (const url of [`http://receiver.example:${plainPort}/a`, `https://receiver.example:${securePort}/a`]) {
      const { status, body } = await requests.send(url, { method: 'POST', body: '"ü"' })
      expect([status, body.trim(), body.length]).toEqual([202, '4 "ü"', 4095])
    }
    expect(paths).toEqual([`receiver.example:${plainPort} POST /a`, `receiver.example:${securePort} POST /a`])
  })

  it.each([
    [['10.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['64:ff9b::127.0.0.1', '8.8.8.8']],
    [['fd00:ec2::254']],
  ])('is not sent to a name with the addresses %j', async (addresses) => {
    const resolve = () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
    const { send } = createOutboundRequests({ allowedHosts: [], ca: authority.ca, resolve })
    expect(await failureOf(send(`https://receiver.example:${securePort}/`, POST))).toEqual({
      problem: 'FORBIDDEN',
      message: 'The host has an address of a private network.',
    })
    expect(paths).toEqual([])
  })

  it('connects to the addresses that were checked, even if the name resolves to others a moment later', async () => {
    const changing = [[loopback], [{ address: '192.0.2.1', family: 4 }]]
    const { send } = createOutboundRequests({
      allowedHosts: ['receiver.example'],
      resolve: () => Promise.resolve(changing.shift() ?? []),
    })
    answer = (_, response) => response.end()
    expect(await send(`http://receiver.example:${plainPort}/`, POST)).toMatchObject({ status: 200 })
    expect(changing).toHaveLength(1)
  })

  it('checks the name again for every request, and shares no connection with another one', async () => {
    let addresses = [loopback]
    const { send } = createOutboundRequests({
      ...{ allowedHosts: ['receiver.example'], resolve: () => Promise.resolve(addresses) },
    })
    const ports = new Set<unknown>()
    answer = (request, response) => {
      ports.add(request.socket.remotePort)
      response.end()
    }
    await send(`http://receiver.example:${plainPort}/`, POST)
    await send(`http://receiver.example:${plainPort}/`, POST)
    expect(ports.size).toBe(2)
    addresses = []
    expect((await failureOf(send(`http://receiver.example:${plainPort}/`, POST))).problem).toBe('UNREACHABLE')
  })

  it('is not sent to a URL that breaks the rules', async () => {
    const { send } = createOutboundRequests({ allowedHosts: [] })
    expect(await failureOf(send(`http://127.0.0.1:${plainPort}/`, POST))).toEqual({
      problem: 'FORBIDDEN',
      message: 'The URL must start with https://.',
    })
    expect(paths).toEqual([])
  })

  it('does not use a proxy of the environment, which would resolve the name itself', async () => {
    const restore = setGlobalProxyFromEnv({ http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' })
    try {
      const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'] })
      answer = (_, response) => response.end()
      expect(await send(`http://127.0.0.1:${plainPort}/`, POST)).toMatchObject({ status: 200 })
    } finally {
      restore()
    }
  })

  it('follows no redirect', async () => {
    const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'] })
    answer = (_, response) => response.writeHead(307, { location: `http://127.0.0.1:${plainPort}/elsewhere` }).end()
    expect(await send(`http://127.0.0.1:${plainPort}/a`, POST)).toMatchObject({ status: 307 })
    expect(paths).toHaveLength(1)
  })

  it('does not trust another certificate, or one for another name', async () => {
    answer = (_, response) => response.end()
    const resolve = () => Promise.resolve([loopback])
    const allowedHosts = ['receiver.example', 'other.example']
    const untrusting = createOutboundRequests({ allowedHosts, resolve })
    expect(await failureOf(untrusting.send(`https://receiver.example:${securePort}/`, POST))).toEqual({
      problem: 'UNREACHABLE',
      message: "The host can't be reached (UNABLE_TO_VERIFY_LEAF_SIGNATURE).",
    })
    const trusting = createOutboundRequests({ allowedHosts, resolve, ca: authority.ca })
    expect((await failureOf(trusting.send(`https://other.example:${securePort}/`, POST))).message).toContain(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
    expect(paths).toEqual([])
  })

  it('fails if the host is unknown, refuses the connection, or closes it without a response', async () => {
    const unknown = createOutboundRequests({
      allowedHosts: [],
      resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    })
    expect((await failureOf(unknown.send('https://receiver.example/', POST))).message).toContain('ENOTFOUND')
    const nothing = createOutboundRequests({ allowedHosts: ['receiver.example'], resolve: () => Promise.resolve([]) })
    expect((await failureOf(nothing.send('http://receiver.example/', POST))).problem).toBe('UNREACHABLE')

    const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'] })
    const closing = createTcpServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(closing, 'listening')
    const { port } = closing.address() as AddressInfo
    expect((await failureOf(send(`http://127.0.0.1:${port}/`, POST))).problem).toBe('UNREACHABLE')
    closing.close()
    await once(closing, 'close')
    expect((await failureOf(send(`http://127.0.0.1:${port}/`, POST))).message).toContain('ECONNREFUSED')
    answer = (_, response) => {
      response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n')
    }
    expect((await failureOf(send(`http://127.0.0.1:${plainPort}/`, POST))).problem).toBe('UNREACHABLE')
  })

  it('returns the status of a response whose body breaks off', async () => {
    const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'] })
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('half', () => response.socket?.destroy())
    }
    expect(await send(`http://127.0.0.1:${plainPort}/`, POST)).toEqual({ status: 200, body: 'half' })
  })

  it('can be ended early, also while the name is resolved', async () => {
    const resolving = createOutboundRequests({ allowedHosts: [], resolve: () => new Promise(() => undefined) })
    const signal = AbortSignal.abort()
    expect((await failureOf(resolving.send('https://receiver.example/', { ...POST, signal }))).problem).toBe(
      'UNREACHABLE',
    )
    const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'] })
    const controller = new AbortController()
    answer = () => controller.abort()
    const failure = await failureOf(send(`http://127.0.0.1:${plainPort}/`, { ...POST, signal: controller.signal }))
    expect(failure.problem).toBe('UNREACHABLE')
  })

  it('ends after its time-out, however slow each part is', async () => {
    const requests = createOutboundRequests({
      allowedHosts: ['127.0.0.1'],
      resolve: () => new Promise(() => undefined),
      timeoutMs: 100,
    })
    const timeout = { problem: 'TIMEOUT', message: 'No response within 0.1 s.' }
    expect(await failureOf(requests.send('https://receiver.example/', POST))).toEqual(timeout)
    answer = () => undefined
    expect(await failureOf(requests.send(`http://127.0.0.1:${plainPort}/`, POST))).toEqual(timeout)
    answer = (_, response) => void response.writeHead(200).write('the beginning')
    expect(await requests.send(`http://127.0.0.1:${plainPort}/`, POST)).toEqual({ status: 200, body: 'the beginning' })
  })
})
