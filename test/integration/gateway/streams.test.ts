import { once } from 'node:events'
import { constants, createServer } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fromBinary, toBinary, create } from '@bufbuild/protobuf'
import { type ServerWritableStream, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  NotificationService,
  type StreamNotificationsRequest,
  StreamNotificationsRequestSchema,
  StreamNotificationsResponseSchema,
} from '../../../packages/proto/src/notification.js'
import { type AnsweringServer, type AnswersOf, startAnsweringServer } from '../../support/answering-server.js'
import { refusal } from '../../support/auth-server.js'
import { type RunningGateway, startGateway } from '../../support/gateway.js'
import { type Service, startService } from '../../support/service.js'
import { PATIENCE_MS, until } from '../../support/wait.js'

type Call = ServerWritableStream<StreamNotificationsRequest, object>

const answers: AnswersOf<typeof NotificationService> = {}
const calls: Call[] = []
let [service, upstream, gateway] = [] as unknown as [Service, AnsweringServer, RunningGateway]
beforeAll(async () => {
  service = await startService()
  upstream = await startAnsweringServer(NotificationService, answers)
  gateway = await startGateway({ NOTIFICATION_GRPC_URL: upstream.target })
})
afterAll(async () => {
  await gateway.stop()
  upstream.stop()
  await service.stop()
})
beforeEach(() => {
  calls.length = 0
  answers.streamNotifications = (call) => {
    calls.push(call)
    // A service says at once that the stream has begun.
    call.sendMetadata(call.metadata)
  }
})

const called = (count = 1) => until('the service is called', () => (calls.length >= count ? calls.at(-1) : null))

const logout = (token: string) => service.succeed('mutation{logout}', {}, token)

/** What arrives, as text. */
function reading(response: Response) {
  let [text, isOver] = ['', false]
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  const all = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
    isOver = true
  })().catch(() => (isOver = true))
  return { text: () => text, isOver: () => isOver, all, cancel: () => reader.cancel() }
}

async function events(token: string, headers: Record<string, string> = {}, query = '') {
  const response = await fetch(`${gateway.url}/notifications/stream${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
  return { response, ...reading(response) }
}

const notification = (id: string) => ({ notification: { id, title: 'Grüße\n' }, unreadCount: 2 })

describe('server-sent events', () => {
  it('are the responses of the RPC in JSON, each with the id by which a client continues', async () => {
    const { token } = await service.signUp()
    const { response, text, all } = await events(token)
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'no-store',
    ])
    const call = await called()
    call.write({ unreadCount: 1 })
    call.write(notification('n-1'))
    await until('both have arrived', () => text().split('data: ').length === 3)
    const [first = '', second = '', third = ''] = text().split('\n\n')
    expect([first, JSON.parse(second.replace('data: ', ''))]).toEqual([': ready', { unreadCount: 1 }])
    const [id, data = ''] = third.split('\n')
    expect(id).toBe('id: n-1')
    expect(JSON.parse(data.replace('data: ', ''))).toMatchObject({ notification: { id: 'n-1', title: 'Grüße\n' } })
    call.end()
    await all
  })

  it('go on after the last one that the client has seen, wherever it began', async () => {
    const { token } = await service.signUp()
    const first = await events(token, {}, '?afterId=n-1')
    expect((await called()).request.afterId).toBe('n-1')
    const second = await events(token, { 'last-event-id': 'n-7' }, '?afterId=n-1')
    expect((await called(2)).request.afterId).toBe('n-7')
    await Promise.all([first.cancel(), second.cancel()])
  })

  it('end at the service when the client has gone, and are counted', async () => {
    const { token } = await service.signUp()
    const stream = await events(token)
    const call = await called()
    expect(await gateway.gateway.metrics.text()).toMatch(/postern_gateway_streams [1-9]/)
    await stream.cancel()
    await until('the call is canceled', () => call.cancelled)
    await until('it is counted', async () =>
      (await gateway.gateway.metrics.text()).includes('postern_gateway_streams 0'),
    )
    expect(await gateway.gateway.metrics.text()).toMatch(/streams_ended_total{reason="client"} [1-9]/)
  })

  it('end with a problem when the session is over', async () => {
    const { token } = await service.signUp()
    const { text, all } = await events(token)
    const call = await called()
    await logout(token)
    await all
    expect(text()).toMatch(/event: problem\ndata: {.*"status":401.*"code":"UNAUTHENTICATED"/)
    await until('the call is canceled', () => call.cancelled)
  })

  it('end with the error of the service, and are refused with it before they begin', async () => {
    const { token } = await service.signUp()
    const { text, all } = await events(token)
    const call = await called()
    call.write(notification('n-1'))
    call.emit('error', refusal(status.UNAVAILABLE, 'SERVICE_UNAVAILABLE', 3))
    await all
    expect(text()).toMatch(/id: n-1\n[^]*event: problem\ndata: {.*"code":"SERVICE_UNAVAILABLE".*"retryAfter":3/)
    answers.streamNotifications = (refused) => refused.emit('error', refusal(status.PERMISSION_DENIED, 'FORBIDDEN'))
    const { response } = await events(token)
    expect([response.status, response.headers.get('content-type')]).toEqual([403, 'application/problem+json'])
  })

  it('need a token, and are limited in number', async () => {
    expect((await events('nonsense')).response.status).toBe(401)
    const { token } = await service.signUp()
    const open = await Promise.all(Array.from({ length: 20 }, () => events(token)))
    const { response } = await events(token)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30'])
    await Promise.all(open.map(({ cancel }) => cancel()))
    await until('there is room again', async () => (await events(token)).response.status === 200)
  })

  it('are broken off, without another response in them, after bytes that are no request', async () => {
    const { token } = await service.signUp()
    const { hostname, port } = new URL(gateway.url)
    const socket = connect(Number(port), hostname)
    let received = ''
    socket.on('data', (data: Buffer) => (received += data.toString()))
    const head = ['GET /notifications/stream HTTP/1.1', 'host: x', `authorization: Bearer ${token}`, '', '']
    socket.write(head.join('\r\n'))
    await until('the stream has begun', () => received.includes(': ready'))
    const closed = once(socket, 'close')
    socket.write('no request\r\n\r\n')
    await closed
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  it('wait for a client that does not read, and so does the service', async () => {
    const { token } = await service.signUp()
    const response = await fetch(`${gateway.url}/notifications/stream`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const call = await called()
    const large = { notification: { id: 'n', body: 'x'.repeat(100_000) } }
    let written = 0
    while (call.write(large) && written < 2000) {
      written++
      await new Promise(setImmediate)
    }
    expect(written).toBeLessThan(2000)
    await response.body!.cancel()
  })
})

describe('gRPC-Web', () => {
  const request = toBinary(
    StreamNotificationsRequestSchema,
    create(StreamNotificationsRequestSchema, { afterId: 'n-1' }),
  )
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, request.length]), request])

  const open = (token: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/postern.notification.v1.NotificationService/StreamNotifications`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto', authorization: `Bearer ${token}`, ...headers },
      body: frame,
    })

  /** The messages and the trailers. */
  function parse(bytes: Buffer) {
    const messages: string[] = []
    let trailers = ''
    for (let at = 0; at < bytes.length;) {
      const end = at + 5 + bytes.readUInt32BE(at + 1)
      const content = bytes.subarray(at + 5, end)
      if (bytes[at] === 0) messages.push(fromBinary(StreamNotificationsResponseSchema, content).notification?.id ?? '')
      else trailers = content.toString()
      at = end
    }
    return { messages, trailers }
  }

  it('has a frame for each message, and the trailers', async () => {
    const { token } = await service.signUp()
    const response = await open(token)
    const call = await called()
    expect(call.request.afterId).toBe('n-1')
    for (const id of ['n-2', 'n-3']) call.write(notification(id))
    call.end()
    const { messages, trailers } = parse(Buffer.from(await response.arrayBuffer()))
    expect(messages).toEqual(['n-2', 'n-3'])
    expect(trailers).toBe('grpc-status: 0\r\n')
    expect(response.headers.get('connection')).toBe('close')
  })

  it('as text has base64 for each frame, which clients read while they arrive', async () => {
    const { token } = await service.signUp()
    const response = await fetch(`${gateway.url}/postern.notification.v1.NotificationService/StreamNotifications`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web-text', authorization: `Bearer ${token}` },
      body: frame.toString('base64'),
    })
    const { text, all } = reading(response)
    const call = await called()
    call.write(notification('n-2'))
    await until('it has arrived', () => text() !== '')
    expect(parse(Buffer.from(text(), 'base64')).messages).toEqual(['n-2'])
    call.end()
    await all
  })

  it.each(['597H', '99999999H', '99999999M'])('stays open if its client waits for weeks: %s', async (timeout) => {
    const { token } = await service.signUp()
    const response = await open(token, { 'grpc-timeout': timeout })
    const call = await called()
    // Longer than a timer that has overflowed.
    await pause(100)
    call.write(notification('n-2'))
    call.end()
    const { messages, trailers } = parse(Buffer.from(await response.arrayBuffer()))
    expect([messages, trailers]).toEqual([['n-2'], 'grpc-status: 0\r\n'])
  })

  it('ends at the time limit of the client, or with its session, and says which', async () => {
    const { token } = await service.signUp()
    const late = parse(Buffer.from(await (await open(token, { 'grpc-timeout': '300m' })).arrayBuffer()))
    expect(late.trailers).toContain('grpc-status: 4\r\n')
    const response = await open(token)
    await called(2)
    await logout(token)
    const { trailers } = parse(Buffer.from(await response.arrayBuffer()))
    expect(trailers).toContain('grpc-status: 16\r\n')
  })
})

it('a service that breaks a stream off because it was not read says that the client may come back', async () => {
  // As a service does it whose refusal can't get through.
  const impatient = createServer()
  impatient.on('stream', (stream) => {
    stream.on('error', () => undefined)
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
  })
  impatient.listen(0, '127.0.0.1')
  await once(impatient, 'listening')
  const { port } = impatient.address() as AddressInfo
  const between = await startGateway({ NOTIFICATION_GRPC_URL: `127.0.0.1:${port}` })
  const { token } = await service.signUp()
  const response = await fetch(`${between.url}/notifications/stream`, { headers: { authorization: `Bearer ${token}` } })
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await response.json()).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 1 })
  await between.stop()
  impatient.close()
})

it('a service that does not begin a stream in time is an outage, for which the breaker opens', async () => {
  answers.streamNotifications = () => undefined
  const impatient = await startGateway({ NOTIFICATION_GRPC_URL: upstream.target, GATEWAY_TIMEOUT: '1' })
  const { token } = await service.signUp()
  const open = () => fetch(`${impatient.url}/notifications/stream`, { headers: { authorization: `Bearer ${token}` } })
  const statuses = await Promise.all([open(), open(), open()])
  expect(statuses.map((response) => response.status)).toEqual([504, 504, 504])
  expect((await open()).status).toBe(503)
  await impatient.stop()
})

it('a gateway that stops ends its streams, and waits for no connection that their clients would keep', async () => {
  const stopping = await startGateway({ NOTIFICATION_GRPC_URL: upstream.target })
  const { token } = await service.signUp()
  const response = await fetch(`${stopping.url}/notifications/stream`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { text, all } = reading(response)
  await called()
  expect(response.headers.get('connection')).toBe('close')
  const startedAt = performance.now()
  // The client closes nothing by itself.
  await stopping.gateway.http.close()
  expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS)
  await stopping.gateway.close()
  await all
  expect(text()).toMatch(/event: problem\ndata: {.*"code":"SERVICE_UNAVAILABLE".*"retryAfter":1/)
})
