// Keeps a session with RabbitMQ open until it is stopped.
import { setTimeout as pause } from 'node:timers/promises'
import { withTimeout } from '@postern/contract/timeout'
import type { ConnectRabbitmq, RabbitmqConnection } from './rabbitmq.js'
import { type BrokerSession, openSession, type SessionOptions } from './broker-session.js'

/** The pause before the next attempt to connect doubles from the first to the longest. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5000

interface Options extends SessionOptions {
  connect: ConnectRabbitmq
  /** Called at each connection, before anything is consumed. */
  declare: (connection: RabbitmqConnection) => Promise<void>
  onConnected: () => void
  /** Called with the reason, once for each outage. */
  onDisconnected: (reason: unknown) => void
}

export function createBrokerConsumer({ connect, declare, onConnected, onDisconnected, ...options }: Options) {
  const stopping = new AbortController()
  const stopped = new Promise<'stopped'>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve('stopped')),
  )
  let session: BrokerSession | null = null
  let running = Promise.resolve()

  async function open(): Promise<BrokerSession> {
    const connection = await connect()
    try {
      await declare(connection)
      return await openSession(connection, options)
    } catch (error) {
      connection.cut()
      throw error
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        session = await open()
        failures = 0
        onConnected()
        const reason = await Promise.race([session.lost, stopped])
        if (reason === 'stopped') return
        await session.close()
        throw reason
      } catch (error) {
        session = null
        if (failures === 0) onDisconnected(error)
        const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
        await pause(longest * (0.5 + Math.random() / 2), undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  return {
    start(): void {
      running = run()
    },

    isConnected: (): boolean => session !== null,

    /** Finishes the messages that it holds, for at most `graceMs`. RabbitMQ delivers the others again. */
    async stop(graceMs: number): Promise<void> {
      stopping.abort()
      await running
      if (session) await withTimeout(session.drain(), graceMs, () => undefined)
      await session?.close()
      session = null
    },
  }
}
