// Follows the accounts of connections: tells them what is new, and closes them when their session is over.
import type { Announcements } from '@postern/service/announcements'
import type { Clock } from '@postern/service/clock'
import { createRounds } from '@postern/service/rounds'
import type { ActiveSessionRepository } from '../../repositories/subscriptions/active-sessions.js'
import type { AuditListing } from '../audit/index.js'
import { type AccountState, createAccountState } from './account-state.js'
import { type CloseReason, createWatch, type OpenWatch, type Watch, type Watcher } from './watches.js'

/** How often tokens are checked for their end, and Redis for its health. */
const TICK_MS = 1000

/** How often every account is read while Redis announces changes: a message may be lost. */
const CHECK_MS = 30_000

/** The same without Redis. */
const POLL_MS = 2000

/**
 * Ids of entries begin with the time at which a process made them: its clock may differ, and the commit comes later. So what
 * is read overlaps with what was read before.
 */
const OVERLAP_MS = 60_000

export type SubscriptionService = ReturnType<typeof createSubscriptionService>

export function createSubscriptionService({
  announcements,
  sessions,
  listing,
  clock,
}: {
  announcements: Announcements
  sessions: ActiveSessionRepository
  listing: Pick<AuditListing, 'newOf' | 'visibleTo'>
  clock: Clock
}) {
  const accounts = new Map<string, AccountState>()
  const open = new Set<OpenWatch>()
  let listener: ReturnType<Announcements['listen']> | null = null
  let timer: NodeJS.Timeout | null = null
  let [lastRead, isAnnounced] = [-Infinity, false]

  const rounds = createRounds(async (userIds) => {
    const due = userIds.filter((userId) => accounts.has(userId))
    if (due.length === 0) return
    const at = clock()
    const oldest = Math.min(...due.map((userId) => accounts.get(userId)?.readAt().getTime() ?? at.getTime()))
    const [active, entries] = await Promise.all([
      sessions.listOf(due, at),
      listing.newOf(due, new Date(oldest - OVERLAP_MS)),
    ])
    const sessionsOf = Map.groupBy(active, ({ userId }) => userId)
    const entriesOf = Map.groupBy(entries, ({ accountId }) => accountId)
    for (const userId of due)
      accounts.get(userId)?.apply({ sessions: sessionsOf.get(userId) ?? [], entries: entriesOf.get(userId) ?? [], at })
  })

  function readEveryone(): void {
    lastRead = performance.now()
    rounds.add(accounts.keys())
  }

  async function tick(): Promise<void> {
    const now = clock().getTime()
    for (const watch of open) if (watch.expiresAt <= now) watch.over('token_expired')
    isAnnounced = (await listener?.check()) ?? false
    if (performance.now() - lastRead >= (isAnnounced ? CHECK_MS : POLL_MS)) readEveryone()
  }

  /** Nothing runs, and nothing is connected, before the first connection. */
  function start(): void {
    listener ??= announcements.listen({
      onUsers: (userIds) => rounds.add(userIds.filter((userId) => accounts.has(userId))),
      onConnected: readEveryone,
    })
    timer ??= setInterval(() => void tick(), TICK_MS).unref()
  }

  function stop(): void {
    if (timer) clearInterval(timer)
    timer = null
  }

  function accountOf(userId: string): AccountState {
    const known = accounts.get(userId)
    if (known) return known
    const account = createAccountState(({ user }, entry) => listing.visibleTo(user, entry), clock())
    accounts.set(userId, account)
    return account
  }

  return {
    /** Follows the account of a session that was just found to be active. `onOver` must close the connection. */
    watch(watcher: Watcher, onOver: (reason: CloseReason) => void): Watch {
      const userId = watcher.user.id
      const account = accountOf(userId)
      const watch = createWatch({
        watcher,
        onOver,
        refresh: () => rounds.run(userId),
        onEnd() {
          open.delete(watch)
          account.watches.delete(watch)
          if (account.watches.size === 0 && accounts.delete(userId)) rounds.forget(userId)
          if (open.size === 0) stop()
        },
      })
      open.add(watch)
      account.watches.add(watch)
      start()
      // It may have ended since.
      rounds.add([userId])
      return watch
    },

    /** How many connections the user has here. */
    countOf: (userId: string): number => accounts.get(userId)?.watches.size ?? 0,

    async close(): Promise<void> {
      for (const watch of open) watch.over('stopping')
      stop()
      listener?.close()
      await rounds.close()
    },
  }
}
