// The channels of Redis that say whose account has changed. They carry ids of users only, and nothing depends on them alone.
import { parseRevocation, REVOCATION_CHANNEL } from '@postern/contract/revocations'
import type { Redis } from '@postern/service/redis'
import { reconnect } from '@postern/service/redis-connection'
import { isId } from '@postern/service/ids'

/** The channel for what is no revocation. A message is a list of user ids, separated by commas. */
const ACTIVITY_CHANNEL = 'postern_activity'

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

/** `connect` opens a connection of its own for a listener, because a connection that listens can do nothing else. */
export function createAnnouncements(redis: Pick<Redis, 'publish'>, connect: () => Redis) {
  let waiting = new Set<string>()
  let timer: NodeJS.Timeout | null = null

  async function publish(): Promise<void> {
    const ids = [...waiting]
    waiting = new Set()
    if (timer) clearTimeout(timer)
    timer = null
    for (let from = 0; from < ids.length; from += IDS_PER_MESSAGE)
      // Without Redis, the listeners find out by reading the database.
      await redis.publish(ACTIVITY_CHANNEL, ids.slice(from, from + IDS_PER_MESSAGE).join(',')).catch(() => undefined)
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
        const ids = channel === ACTIVITY_CHANNEL ? message.split(',') : [parseRevocation(message)?.sub ?? '']
        onUsers(ids.filter(isId))
      }

      async function subscribe(): Promise<void> {
        await connection.subscribe(REVOCATION_CHANNEL, ACTIVITY_CHANNEL)
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
