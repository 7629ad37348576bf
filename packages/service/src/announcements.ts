// Channels of Redis that say for which users something is new. They carry ids of users only, and nothing depends on them alone.
import { isId } from './ids.js'
import type { Redis } from './redis.js'
import { reconnect } from './redis-connection.js'

/** How long ids are gathered, so that a burst of changes is one message. */
const GATHERING_MS = 5

/** More ids wait for the next message. */
const IDS_PER_MESSAGE = 1000

interface Listener {
  /** The accounts of these users may have changed. Any program that can write to Redis can claim it. */
  onUsers: (userIds: readonly string[]) => void
  /** From now on, messages arrive. Those before it may be lost. */
  onConnected: () => void
}

export type Announcements = ReturnType<typeof createAnnouncements>

export interface AnnouncementOptions {
  redis: Pick<Redis, 'publish'>
  /** Opens a connection of its own for a listener, because a connection that listens can do nothing else. */
  connect: () => Redis
  /** A message is a list of user ids, separated by commas. */
  channel: string
  /** Other channels that say the same, each with what reads the id of a user from a message. */
  others?: Readonly<Record<string, (message: string) => string>>
}

export function createAnnouncements({ redis, connect, channel: own, others = {} }: AnnouncementOptions) {
  let waiting = new Set<string>()
  let timer: NodeJS.Timeout | null = null

  async function publish(): Promise<void> {
    const ids = [...waiting]
    waiting = new Set()
    if (timer) clearTimeout(timer)
    timer = null
    for (let from = 0; from < ids.length; from += IDS_PER_MESSAGE)
      // Without Redis, the listeners find out by reading the database.
      await redis.publish(own, ids.slice(from, from + IDS_PER_MESSAGE).join(',')).catch(() => undefined)
  }

  return {
    /** Call it after the commit. Never fails. */
    announce(userId: string): void {
      waiting.add(userId)
      timer ??= setTimeout(() => void publish(), GATHERING_MS).unref()
    },

    /** Publishes what is still waiting. */
    settle: publish,

    listen({ onUsers, onConnected }: Listener) {
      const connection = connect()
      let isListening = false

      function receive(channel: string, message: string): void {
        const ids = channel === own ? message.split(',') : [others[channel]?.(message) ?? '']
        onUsers(ids.filter(isId))
      }

      async function subscribe(): Promise<void> {
        await connection.subscribe(own, ...Object.keys(others))
        isListening = true
        onConnected()
      }

      connection.on('message', receive)
      connection.on('ready', () => void subscribe().catch(() => undefined))
      connection.on('close', () => (isListening = false))

      return {
        /** Whether messages arrive. A connection that does not respond is closed and opened again. */
        async check(): Promise<boolean> {
          if (connection.status !== 'ready') return false
          try {
            if (isListening) await connection.ping()
            else await subscribe()
            return true
          } catch {
            // Redis may only refuse the channels to this user, so the next attempt is left to the next check.
            if (isListening) reconnect(connection)
            isListening = false
            return false
          }
        },

        close(): void {
          connection.disconnect()
        },
      }
    },
  }
}
