import type { ServiceError } from '@grpc/grpc-js'
import type { ResponseStream } from '@postern/service/grpc/rpc'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bearer, metadata, readFailure } from '../../../test/support/grpc.js'
import { until } from '../../../test/support/wait.js'
import { tokenRevocation } from '../../session/test/support/relay.js'
import { claims, sign } from '../../session/test/support/tokens.js'
import { KEYS, revocationsOfFile, startCallServer } from './support/call-server.js'

const revocations = revocationsOfFile()

type Stream = ResponseStream<{ status?: number }>

/** Starts a server whose streams stay open until they end. */
async function start(limits = {}) {
  const open: Stream[] = []
  let ended = 0
  const { health, streams, close } = await startCallServer(
    revocations.server.url,
    {
      async watch(_request, _context, stream) {
        open.push(stream)
        await stream.ended
        ended += 1
      },
    },
    limits,
  )
  onTestFinished(close)

  /** `end`: how it has ended, or null if all is well. */
  function watch(token = sign(claims()), by = bearer(token)) {
    const call = health.watch({}, by)
    const received: number[] = []
    const end = new Promise<ReturnType<typeof readFailure> | null>((resolve) => {
      call.on('error', (error: ServiceError) => resolve(readFailure(error)))
      call.on('end', () => resolve(null))
    })
    const reading = () => void call.on('data', ({ status }: { status: number }) => received.push(status))
    return { call, received, end, reading }
  }
  const opened = (count: number) => until('the stream is open', () => open.length === count)
  return { open, watch, opened, drain: () => streams.drain(), ended: () => ended }
}

describe('a response stream', () => {
  it('sends what there is, and ends when its client leaves', async () => {
    const server = await start()
    const { call, received, reading } = server.watch()
    reading()
    await server.opened(1)
    for (const status of [1, 2, 3]) server.open[0]?.send({ status })
    await until('all messages are there', () => received.length === 3)
    expect(received).toEqual([1, 2, 3])
    call.cancel()
    await until('the work of the stream ends', () => server.ended() === 1)
  })

  it('sends nothing once the session of its caller is revoked, and ends', async () => {
    const server = await start()
    const token = claims()
    const { received, end, reading } = server.watch(sign(token))
    reading()
    await server.opened(1)
    await revocations.relay.revoke(tokenRevocation(token.jti))
    expect(await end).toMatchObject({ status: 'UNAUTHENTICATED', code: 'UNAUTHENTICATED' })
    server.open[0]?.send({ status: 1 })
    expect([received, server.ended()]).toEqual([[], 1])
  })

  it('ends when the server drains, so that its client opens it elsewhere', async () => {
    const server = await start()
    const { end, reading } = server.watch()
    reading()
    await server.opened(1)
    server.drain()
    expect(await end).toMatchObject({ status: 'UNAVAILABLE', code: 'SERVICE_UNAVAILABLE', retryAfter: 1 })
    const late = server.watch()
    late.reading()
    expect(await late.end).toMatchObject({ status: 'UNAVAILABLE' })
  })

  it('ends when its client does not read, and keeps no more than a bounded number of messages', async () => {
    const server = await start()
    const { call, end, reading } = server.watch()
    call.pause()
    await server.opened(1)
    let sent = 0
    await until('the stream ends', () => {
      // Each round fills what the connection and the queue can take.
      for (let i = 0; i < 1000; i++) server.open[0]?.send({ status: 1 })
      sent += 1000
      return server.ended() === 1
    })
    reading()
    expect(await end).toMatchObject({ status: 'RESOURCE_EXHAUSTED' })
    expect(sent).toBeLessThan(100_000)
  })

  it('is refused if too many are open, of one caller or of all', async () => {
    const server = await start({ most: 2, mostPerCaller: 1 })
    const token = sign(claims())
    const first = server.watch(token)
    await server.opened(1)
    const second = server.watch(token)
    second.reading()
    expect(await second.end).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'RATE_LIMITED', retryAfter: 30 })
    server.watch()
    await server.opened(2)
    const third = server.watch()
    third.reading()
    expect(await third.end).toMatchObject({ status: 'UNAVAILABLE', code: 'SERVICE_UNAVAILABLE' })
    first.call.cancel()
    await until('its work ends', () => server.ended() === 1)
    server.watch(token)
    await server.opened(3)
  })

  it('of a service is not limited by those that it already has, because they are of many people', async () => {
    const server = await start({ mostPerCaller: 1 })
    const workflow = { metadata: metadata({ 'postern-service': `workflow:${KEYS.current}` }) }
    for (const count of [1, 2, 3]) {
      server.watch('', workflow)
      await server.opened(count)
    }
  })

  it('is refused without a token', async () => {
    const server = await start()
    const { end, reading } = server.watch('token')
    reading()
    expect(await end).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(server.open).toEqual([])
  })
})
