// A push service for Chromium: it speaks the protocols by which a browser of Google registers and receives (GCM), and the one by which
// applications send (RFC 8030). The browser subscribes, decrypts and shows what it gets by itself.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createPublicKey } from 'node:crypto'
import { jwtVerify } from 'jose'
import { createAuthority } from './certificates.js'
import { until } from './wait.js'

/** Fields of a message of Protocol Buffers. */
const varint = (value: bigint): number[] =>
  value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)]
const number = (field: number, value: number | bigint) =>
  Buffer.from([...varint(BigInt(field << 3)), ...varint(BigInt(value))])
function bytes(field: number, value: string | Uint8Array) {
  const content = Buffer.from(value as string)
  return Buffer.concat([Buffer.from([...varint(BigInt((field << 3) | 2)), ...varint(BigInt(content.length))]), content])
}
function fixed(field: number, value: bigint) {
  const content = Buffer.alloc(8)
  content.writeBigUInt64LE(value)
  return Buffer.concat([Buffer.from(varint(BigInt((field << 3) | 1))), content])
}

/** Who the browser is. Any numbers do. */
const DEVICE = { id: 4711n, secret: 815n }

/** Of the connection by which a browser receives. */
const VERSION = 41
const TAGS = { ping: 0, loginResponse: 3, message: 8 }

const frame = (tag: number, content: Buffer) =>
  Buffer.concat([Buffer.from([tag, ...varint(BigInt(content.length))]), content])

/** What a page's service worker has subscribed with. */
interface Subscription {
  /** The name of the subscription inside the browser. */
  name: string
  /** The `applicationServerKey`: only its owner may send. */
  sender: string
}

export interface PushService {
  /** The arguments with which Chromium uses it. */
  arguments: string[]
  /** The endpoint at this service of a subscription, which the browser believes to be at Google. */
  endpointOf(endpoint: string): string
  /** Resolves once the browser listens. Messages wait for that, too, but the one who sends them does not wait long. */
  connected(): Promise<unknown>
  /** The headers of accepted messages, the latest last. */
  accepted: IncomingMessage['headers'][]
  /** Delivers the latest message again, as push services do until the browser has taken it. */
  repeat(): void
  /** The subscription is gone: its endpoint answers 410. */
  end(endpoint: string): void
  close(): Promise<void>
}

export async function startPushService(): Promise<PushService> {
  const authority = createAuthority()
  const subscriptions = new Map<string, Subscription>()
  const accepted: IncomingMessage['headers'][] = []
  let browser: Socket | null = null
  let sent = 0
  let latest = (): void => undefined

  const receiving = createTlsServer(authority.sign('IP:127.0.0.1'), (socket) => {
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (browser === socket) browser = null
    })
    socket.once('data', () => {
      // The login. Once the browser answers the ping, it has read the response.
      socket.once('data', () => (browser = socket))
      const response = frame(TAGS.loginResponse, bytes(1, 'login'))
      socket.write(Buffer.concat([Buffer.of(VERSION), response, frame(TAGS.ping, Buffer.alloc(0))]))
    })
  }).listen(0, '127.0.0.1')

  const connected = () => until('the browser is connected', () => browser)

  function deliver({ name, sender }: Subscription, body: Buffer): void {
    const data = (key: string, value: string) => bytes(7, Buffer.concat([bytes(1, key), bytes(2, value)]))
    const id = String(++sent)
    const fields = [bytes(2, id), bytes(3, sender), bytes(5, 'org.chromium.linux'), data('subtype', name)]
    const message = [...fields, data('content-encoding', 'aes128gcm'), bytes(9, id), bytes(21, body)]
    browser?.write(frame(TAGS.message, Buffer.concat(message)))
  }

  /** Whether the owner of the subscription's key has signed for this service (RFC 8292). */
  async function isAllowed(authorization: string | undefined, { sender }: Subscription, audience: string) {
    const [, token = '', key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization ?? '') ?? []
    const point = Buffer.from(sender, 'base64url')
    const jwk = { kty: 'EC', crv: 'P-256', x: point.toString('base64url', 1, 33), y: point.toString('base64url', 33) }
    const options = { audience, algorithms: ['ES256'] }
    const isSigned = await jwtVerify(token, createPublicKey({ key: jwk, format: 'jwk' }), options).then(
      Boolean,
      () => false,
    )
    return key === sender && isSigned
  }

  async function push(token: string, request: IncomingMessage, body: Buffer): Promise<number> {
    const subscription = subscriptions.get(token)
    if (!subscription) return 410
    if (!(await isAllowed(request.headers.authorization, subscription, url))) return 403
    accepted.push(request.headers)
    await connected()
    latest = () => deliver(subscription, body)
    latest()
    return 201
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    if (request.url === '/checkin')
      return void response.end(
        Buffer.concat([
          number(1, 1),
          number(3, Date.now()),
          fixed(7, DEVICE.id),
          fixed(8, DEVICE.secret),
          number(9, 0),
        ]),
      )
    if (request.url === '/register') {
      const form = new URLSearchParams(body.toString())
      const token = `token-${subscriptions.size}`
      const [name, sender] = [form.get('X-subtype'), form.get('sender')]
      if (name !== null && sender !== null) subscriptions.set(token, { name, sender })
      return void response.end(`token=${token}`)
    }
    response.writeHead(await push(request.url?.replace('/push/', '') ?? '', request, body)).end()
  }

  const sending = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await Promise.all([receiving, sending].map((server) => once(server, 'listening')))
  const portOf = (server: typeof sending | typeof receiving) => (server.address() as AddressInfo).port
  const url = `http://127.0.0.1:${portOf(sending)}`
  const tokenOf = (endpoint: string) => endpoint.split('/').at(-1) ?? ''

  return {
    arguments: [
      `--gcm-checkin-url=${url}/checkin`,
      `--gcm-registration-url=${url}/register`,
      `--gcm-mcs-endpoint=https://127.0.0.1:${portOf(receiving)}`,
      '--ignore-certificate-errors',
    ],
    endpointOf: (endpoint) => `${url}/push/${tokenOf(endpoint)}`,
    connected,
    accepted,
    repeat: () => latest(),
    end: (endpoint) => void subscriptions.delete(tokenOf(endpoint)),
    async close() {
      browser?.destroy()
      sending.closeAllConnections()
      for (const server of [receiving, sending]) server.close()
      await Promise.all([receiving, sending].map((server) => once(server, 'close')))
      authority.remove()
    },
  }
}
