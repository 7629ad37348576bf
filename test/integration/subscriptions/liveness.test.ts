import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { type LogLine, startService, type Service } from '../../support/service.js'
import { ACTIVITY, bearer, follow } from '../../support/subscriptions.js'
import { until } from '../../support/wait.js'

/** How often the service pings. */
const PING_MS = 25_000

let service: Service
const lines: LogLine[] = []
const closers: (() => unknown)[] = []

beforeAll(async () => {
  // Time passes for what the service repeats, such as pings, only when a test says so.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  service = await startService({ LOG_LEVEL: 'info' }, { onLine: (line) => lines.push(line) })
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})
afterAll(async () => {
  await service.stop()
  vi.useRealTimers()
})

const address = () => `${service.url.replace('http', 'ws')}/graphql`

/** A client of graphql-ws with a socket that the test can reach. `autoPong: false`: it answers no pings of the service. */
function connect(token: string, { autoPong = true } = {}) {
  const sockets: WebSocket[] = []
  const seen = { pings: 0, pongs: 0, closes: [] as number[] }
  class Reachable extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { autoPong })
      this.on('ping', () => (seen.pings += 1))
      sockets.push(this)
    }
  }
  const client = createClient({
    ...{ url: address(), connectionParams: bearer(token), webSocketImpl: Reachable, lazy: false, retryAttempts: 0 },
    keepAlive: 50,
    onNonLazyError: () => undefined,
    on: {
      pong: () => (seen.pongs += 1),
      closed: (event) => seen.closes.push((event as { code: number }).code),
    },
  })
  closers.push(() => client.dispose())
  return { client, seen, socket: () => sockets[0]! }
}

const isSignedIn = ({ id }: { id: string }) =>
  until('the connection is signed in', () => service.app.services.subscriptions.countOf(id) === 1)

const reasonOf = ({ id }: { id: string }) =>
  until(
    'the connection is closed',
    () => lines.findLast(({ msg, userId }) => msg === 'subscriptions closed' && userId === id)?.['reason'],
  )

it('a client that answers pings stays, and one that does not is closed with the next ping', async () => {
  const [user, silent] = [await service.signUp(), await service.signUp()]
  const [alive, dead] = [connect(user.token), connect(silent.token, { autoPong: false })]
  await Promise.all([isSignedIn(user), isSignedIn(silent)])
  vi.advanceTimersByTime(PING_MS)
  await until('both got a ping', () => alive.seen.pings === 1 && dead.seen.pings === 1)
  // The service answers this one after it has read the answer to its own.
  const { pongs } = alive.seen
  await until('the service answers the pings of the client', () => alive.seen.pongs > pongs + 1)
  vi.advanceTimersByTime(PING_MS)
  expect(await reasonOf(silent)).toBe('unresponsive')
  await until('the client has noticed', () => dead.seen.closes.length === 1)
  expect(alive.seen.closes).toEqual([])
})

it('a client that does not say who it is in time is closed with 4408', async () => {
  const socket = new WebSocket(address(), 'graphql-transport-ws')
  const code = await new Promise((resolve) => socket.on('close', resolve))
  expect(code).toBe(4408)
})

it('a client that reads nothing is closed, and what waits for it does not grow', async () => {
  const accepted: Socket[] = []
  const onSocket = (message: unknown) => void accepted.push((message as { socket: Socket }).socket)
  subscribe('net.server.socket', onSocket)
  const user = await service.signUp()
  const { client, socket } = connect(user.token)
  const stream = await follow(client, ACTIVITY)
  await isSignedIn(user)
  const update = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
  const change = () => service.succeed(update, { input: { firstName: 'Ada' } }, user.token)
  await until('an event arrives', async () => {
    await change()
    return stream.events.length > 0
  })
  unsubscribe('net.server.socket', onSocket)
  const { _socket: reading } = socket() as unknown as { _socket: Socket }
  const connection = accepted.find(({ remotePort }) => remotePort === reading.localPort)!
  reading.pause()
  // More than the buffers of both sides.
  connection.write(Buffer.alloc(16 * 1024 * 1024))
  const unread = connection.writableLength
  await change()
  expect(await reasonOf(user)).toBe('slow_reader')
  expect(connection.writableLength).toBeLessThan(unread + 64 * 1024)
  await until('the connection is cut', () => connection.destroyed)
})
