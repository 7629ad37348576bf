// Follows the inboxes of people for streams: reads what is new when Redis says so, and again and again in case it does not.
import type { Announcements } from '@postern/service/announcements'
import { createRounds } from '@postern/service/rounds'
import type { InboxEntry, InboxTable } from './inbox-table.js'

/** How often Redis is checked. */
const TICK_MS = 1000

/** How often every inbox is read while Redis announces changes: a message may be lost. */
const CHECK_MS = 30_000

/** The same without Redis. */
const POLL_MS = 2000

/** How many notifications are read at once. */
const BATCH = 50

export interface FeedMessage {
  /** Null: only the count is new. */
  entry: InboxEntry | null
  unreadCount: number
}

interface Follower {
  userId: string
  seq: number
  unreadCount: number | null
  send: (message: FeedMessage) => void
}

export type Feed = ReturnType<typeof createFeed>

export function createFeed({ inbox, announcements }: { inbox: InboxTable; announcements: Announcements }) {
  const byUser = new Map<string, Set<Follower>>()
  let listener: ReturnType<Announcements['listen']> | null = null
  let timer: NodeJS.Timeout | null = null
  let [lastRead, isAnnounced] = [-Infinity, false]

  async function read(userId: string): Promise<void> {
    for (;;) {
      const followers = [...(byUser.get(userId) ?? [])]
      if (followers.length === 0) return
      const from = Math.min(...followers.map(({ seq }) => seq))
      const [entries, unreadCount] = await Promise.all([
        inbox.listAfter(userId, from, BATCH),
        inbox.countUnread(userId),
      ])
      for (const follower of followers) tell(follower, entries, unreadCount)
      if (entries.length < BATCH) return
    }
  }

  function tell(follower: Follower, entries: readonly InboxEntry[], unreadCount: number): void {
    const isNewCount = follower.unreadCount !== unreadCount
    const before = follower.seq
    for (const entry of entries) {
      if (entry.seq <= follower.seq) continue
      follower.seq = entry.seq
      follower.send({ entry, unreadCount })
    }
    follower.unreadCount = unreadCount
    if (isNewCount && follower.seq === before) follower.send({ entry: null, unreadCount })
  }

  const rounds = createRounds(async (userIds) => {
    await Promise.all(userIds.map(read))
  })

  function readEveryone(): void {
    lastRead = performance.now()
    rounds.add(byUser.keys())
  }

  async function tick(): Promise<void> {
    isAnnounced = (await listener?.check()) ?? false
    if (performance.now() - lastRead >= (isAnnounced ? CHECK_MS : POLL_MS)) readEveryone()
  }

  /** Nothing runs, and nothing is connected, before the first stream. */
  function start(): void {
    listener ??= announcements.listen({
      onUsers: (userIds) => rounds.add(userIds.filter((userId) => byUser.has(userId))),
      onConnected: readEveryone,
    })
    timer ??= setInterval(() => void tick(), TICK_MS).unref()
  }

  function leave(follower: Follower): void {
    const others = byUser.get(follower.userId)
    others?.delete(follower)
    if (others?.size !== 0) return
    byUser.delete(follower.userId)
    rounds.forget(follower.userId)
    if (byUser.size > 0 || !timer) return
    clearInterval(timer)
    timer = null
  }

  return {
    /**
     * Sends the count, then what comes after the notification `afterId`, or after this moment. Returns what ends it. Rejects if the
     * database is unavailable.
     */
    async follow(userId: string, afterId: string | null, send: (message: FeedMessage) => void): Promise<() => void> {
      const seq = afterId === null ? await inbox.latestSeq(userId) : await inbox.seqOf(userId, afterId)
      const unreadCount = await inbox.countUnread(userId)
      send({ entry: null, unreadCount })
      const follower: Follower = { userId, seq, unreadCount, send }
      byUser.set(userId, (byUser.get(userId) ?? new Set()).add(follower))
      start()
      // Something may have come since.
      rounds.add([userId])
      return () => leave(follower)
    },

    async close(): Promise<void> {
      if (timer) clearInterval(timer)
      listener?.close()
      await rounds.close()
    },
  }
}
