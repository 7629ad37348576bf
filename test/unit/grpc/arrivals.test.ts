import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type ClientHttp2Session, connect, constants, type Settings } from 'node:http2'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { afterEach, expect, it } from 'vitest'
import { createArrivals } from '@postern/service/grpc/arrivals'

const asIs = (bytes: Buffer) => bytes
const ECHO = { path: '/test/Echo', requestStream: false, responseStream: false, ...serializers() } as const
function serializers() {
  return {
    ...{ requestSerialize: asIs, requestDeserialize: asIs },
    ...{ responseSerialize: asIs, responseDeserialize: asIs },
  }
}

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** Returns a connection to a server that returns each message. */
async function start(
  options: Parameters<typeof createArrivals>[0],
  settings: Settings = {},
): Promise<ClientHttp2Session> {
  const arrivals = createArrivals(options)
  const server = new Server({ interceptors: [arrivals.interceptor] })
  const echo = ({ request }: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
    callback(null, request)
  server.addService({ echo: ECHO }, { echo })
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const sockets = createServer((socket) => injector.injectConnection(socket)).listen(0, '127.0.0.1')
  await once(sockets, 'listening')
  const session = connect(`http://127.0.0.1:${(sockets.address() as AddressInfo).port}`, { settings })
  stops.push(() => {
    session.destroy()
    arrivals.close()
    server.forceShutdown()
    sockets.close()
  })
  return session
}

/** Begins a call with a part of its message. */
function begin(session: ClientHttp2Session, more: Record<string, string> = {}) {
  const headers = { ':method': 'POST', ':path': ECHO.path, 'content-type': 'application/grpc', te: 'trailers', ...more }
  const stream = session.request(headers, { endStream: false })
  stream.write(Buffer.from([0, 0, 0, 0]))
  let code: number | undefined
  const read = (sent: Record<string, unknown>) => {
    if (sent['grpc-status'] !== undefined) code = Number(sent['grpc-status'])
  }
  stream.on('response', read).on('trailers', read).resume()
  return {
    stream,
    closed: once(stream, 'close').then(() => code),
    complete: () => void stream.end(Buffer.from([1, 7])),
  }
}

it('refuses a request that does not arrive in time, and closes its stream', async () => {
  const session = await start({ timeoutMs: 50 })
  expect(await begin(session).closed).toBe(status.DEADLINE_EXCEEDED)
})

it('closes the stream of a request that has not arrived by its deadline', async () => {
  const session = await start({})
  expect(await begin(session, { 'grpc-timeout': '1m' }).closed).toBe(status.DEADLINE_EXCEEDED)
})

it('refuses the oldest of too many, so that others arrive', async () => {
  const session = await start({ most: 2, graceMs: 0 })
  const [first, second, third] = [begin(session), begin(session), begin(session)]
  expect(await first.closed).toBe(status.UNAVAILABLE)
  for (const call of [second, third]) {
    call.complete()
    expect(await call.closed).toBe(status.OK)
  }
})

it('forgets requests that have arrived', async () => {
  const session = await start({ most: 1, graceMs: 0 })
  for (let i = 0; i < 3; i++) {
    const call = begin(session)
    call.complete()
    expect(await call.closed).toBe(status.OK)
  }
})

it('ends a call whose response is not taken', async () => {
  const session = await start({ timeoutMs: 50 }, { initialWindowSize: 0 })
  const call = begin(session)
  call.stream.on('error', () => undefined)
  call.complete()
  await new Promise((resolve) => call.stream.once('close', resolve))
  expect(call.stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
})
