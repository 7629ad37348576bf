// Follows the notifications of users who look at them: one stream for each user, which all connections of the user share. A stream
// that breaks is opened again, and goes on where it was.
import { setTimeout as pause } from 'node:timers/promises'
import { ServiceError } from '@postern/service/errors'
import type { Logger } from '@postern/service/logger'
import type { NotificationRecords, Received } from './notification.js'

/** The pause before a stream is opened again doubles from the first to the longest of these, and varies by a half. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

/** Someone who has had no notification before gets no more at once. */
const MOST_MISSED = 100

type Listener = (event: Received) => void

interface UserStream {
  readonly listeners: Set<Listener>
  readonly closing: AbortController
  /** Resolves with the first event, or rejects if the stream can't be opened. */
  readonly opened: Promise<void>
  unreadCount: number
}

export type LiveNotifications = ReturnType<typeof createLiveNotifications>

export function createLiveNotifications(
  notifications: Pick<NotificationRecords, 'stream' | 'page'>,
  logger: Logger,
  random: () => number = Math.random,
) {
  const streams = new Map<string, UserStream>()

  /** The newest first. */
  const newestOf = async (userId: string, size: number) =>
    (await notifications.page(userId, { unread: false, category: null, size, token: '' }, {})).notifications

  function start(userId: string): UserStream {
    const opened: PromiseWithResolvers<void> = Promise.withResolvers()
    const closing = new AbortController()
    const stream: UserStream = { listeners: new Set(), closing, opened: opened.promise, unreadCount: 0 }
    streams.set(userId, stream)
    const { signal } = closing
    const state: { after: string | undefined; isOpen: boolean; attempt: number } = {
      ...{ after: undefined, isOpen: false, attempt: 0 },
    }

    function deliver(event: Received): void {
      state.after = event.notification?.id ?? state.after
      stream.unreadCount = event.unreadCount
      for (const listener of stream.listeners) listener(event)
    }

    /** So that nothing is lost between two streams, each begins after a notification. Before the first one, there is none. */
    async function findPlace(): Promise<void> {
      if (state.after !== undefined) return
      const newest = await newestOf(userId, state.isOpen ? MOST_MISSED : 1)
      if (!state.isOpen) state.after = newest[0]?.id
      else for (const notification of newest.toReversed()) deliver({ notification, unreadCount: stream.unreadCount })
    }

    async function readOnce(): Promise<void> {
      await findPlace()
      for await (const event of notifications.stream(userId, state.after, signal)) {
        deliver(event)
        Object.assign(state, { isOpen: true, attempt: 0 })
        opened.resolve()
      }
    }

    async function run(): Promise<void> {
      while (!closing.signal.aborted) {
        try {
          await readOnce()
        } catch (error) {
          if (signal.aborted) return
          if (!state.isOpen) throw error
          if (!(error instanceof ServiceError)) logger.error({ err: error }, 'a stream of notifications')
        }
        const longest = Math.min(FIRST_PAUSE_MS * 2 ** state.attempt++, LONGEST_PAUSE_MS)
        await pause(longest * (0.5 + random() / 2), undefined, { signal, ref: false }).catch(() => undefined)
      }
    }

    void run().catch((error: unknown) => {
      if (streams.get(userId) === stream) streams.delete(userId)
      opened.reject(error)
    })
    opened.promise.catch(() => undefined)
    return stream
  }

  function leave(userId: string, stream: UserStream, listener: Listener): void {
    stream.listeners.delete(listener)
    if (stream.listeners.size > 0) return
    if (streams.get(userId) === stream) streams.delete(userId)
    stream.closing.abort()
  }

  return {
    /**
     * Calls the listener with the count at once, and then with each new notification. Resolves to what ends it. Throws
     * SERVICE_UNAVAILABLE if the service does not respond now.
     */
    async follow(userId: string, listener: Listener): Promise<() => void> {
      const stream = streams.get(userId) ?? start(userId)
      const heard = { anything: false }
      const own: Listener = (event) => {
        heard.anything = true
        listener(event)
      }
      stream.listeners.add(own)
      const end = () => leave(userId, stream, own)
      try {
        await stream.opened
      } catch (error) {
        end()
        throw error
      }
      // The stream was open already.
      if (!heard.anything) own({ notification: null, unreadCount: stream.unreadCount })
      return end
    },

    close(): void {
      for (const { closing } of streams.values()) closing.abort()
      streams.clear()
    },
  }
}
