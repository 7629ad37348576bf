// Locks an account after failed logins, before anything is hashed.
import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ServiceError } from '@postern/service/errors'
import { createFallback, shareOf } from '@postern/service/redis-or-process'
import type { Clock } from '@postern/service/clock'
import type { AttemptStore, LockRule } from '../../repositories/limits/login-attempts.js'
import type { Account, Devices } from './devices.js'
import { createProcessAttempts } from './process-attempts.js'
import { createQueues } from './queues.js'
import { createUsualTime } from './usual-time.js'

/** The locks, in multiples of the first one. The last one repeats. */
const LOCKS = [1, 2, 4, 8, 16, 30]

/** If these were shorter, an attacker who waits for them to end would get more guesses than one who continues. */
const FAILURES_KEPT_MS = 3_600_000
const LOCKS_KEPT_MS = 6 * 3_600_000

/** Longer than a hash takes, with its wait: services/passwords/hasher/queue.ts. */
const UNDECIDED_MS = 20_000

/** When to try again if the attempts in progress took longer than a login waits. */
const RETRY_AFTER_MS = 1000

/** In an overload a login takes seconds, and refusals that take as long would hold the places of other requests. */
const LONGEST_PAUSE_MS = 1000

const NO_ACCOUNT: Account = { id: '', generation: 0 }

/** Who tries to sign in to what. */
export interface LoginTarget {
  /** Null if there is none of this name. */
  account: Account | null
  /** As compared. */
  name: string
  deviceToken: string
}

/** One reserved attempt. It counts as failed until it is decided. */
export interface Attempt {
  /** Verifies the password. An attempt whose `work` throws was not decided, and does not count. */
  verify(work: () => Promise<boolean>): Promise<boolean>
  succeeded(): Promise<void>
  /** Resolves to the end of the lock that it started, or else to null. */
  failed(): Promise<Date | null>
  /** It was not decided, for example because a server is unavailable. */
  withdrawn(): Promise<void>
}

export interface LockOut {
  /**
   * The token by which this account's next login from the same device is recognized. `trusted`: and which replaces the second
   * factor for a while.
   */
  issueDevice(account: Account, present: string, trusted?: boolean): string
  /** Whether the device of this token replaces the second factor of the account. */
  trustsDevice(account: Account, token: string): boolean
  /** Whether the account has signed in from the device of this token before. */
  knowsDevice(account: Account, token: string): boolean
  /**
   * Reserves an attempt. If those in progress could use up the rest of the budget, waits in order until enough of them are
   * decided. Throws RATE_LIMITED with `retryAfter` if the budget is used up, if too many wait, or after some seconds; never
   * sooner than a login usually takes, up to a second.
   */
  begin(target: LoginTarget, signal: AbortSignal): Promise<Attempt>
  /** Ends the account's lock and forgets its failures, for a user who has proved who they are in another way. */
  forget(accountId: string): Promise<void>
  /** Until when clients that the account does not know are refused, as far as this process can find out. Null: they are not. */
  lockedUntil(accountId: string): Promise<Date | null>
}

interface Options {
  attempts: AttemptStore
  devices: Devices
  /** Failures until the first lock, and its length in seconds. */
  rule: { limit: number; seconds: number }
  /** How many processes share the limit while Redis is unavailable. */
  processes: number
  /** Makes keys of names and ids. */
  key: string
  /** How long a login takes, in milliseconds, as long as this process has seen none. */
  initialMs: number
  /** How many logins may wait in this process for attempts in progress. */
  maxWaiting: number
  clock: Clock
}

/** What a lock-out says about devices, whether it locks or not. */
const recognition = (
  devices: Devices,
  clock: Clock,
): Pick<LockOut, 'issueDevice' | 'knowsDevice' | 'trustsDevice'> => ({
  issueDevice: (account, present, trusted = false) => devices.issue(account, present, trusted ? clock() : null),
  knowsDevice: (account, token) => devices.deviceOf(token, account) !== null,
  trustsDevice: (account, token) => devices.isTrusted(token, account, clock()),
})

/** The limit is off. */
export const withoutLockOut = (devices: Devices, clock: Clock): LockOut => ({
  ...recognition(devices, clock),
  begin: () =>
    Promise.resolve({
      verify: (work) => work(),
      succeeded: () => Promise.resolve(),
      failed: () => Promise.resolve(null),
      withdrawn: () => Promise.resolve(),
    }),
  forget: () => Promise.resolve(),
  lockedUntil: () => Promise.resolve(null),
})

export function createLockOut({
  attempts,
  devices,
  rule,
  processes,
  key,
  initialMs,
  maxWaiting,
  clock,
}: Options): LockOut {
  const shared: LockRule = {
    failures: rule.limit,
    locksMs: LOCKS.map((factor) => factor * rule.seconds * 1000),
    failuresKeptMs: FAILURES_KEPT_MS,
    locksKeptMs: LOCKS_KEPT_MS,
    undecidedMs: UNDECIDED_MS,
  }
  const own: LockRule = { ...shared, failures: shareOf(rule.limit, processes) }
  const inProcess = createProcessAttempts()
  const usual = createUsualTime(initialMs)
  const count = createFallback()
  const queues = createQueues<Reserved>({
    maxWaiting,
    lastsForAll: ({ result }) => 'lockedMs' in result,
    onUnused: ({ result, store }, subject) => void ('id' in result && giveBack(store, subject, result.id)),
  })

  /** A device that has signed in before has attempts of its own, which no other client can use up. All others share some. */
  function budgetOf({ account, name, deviceToken }: LoginTarget): { subject: string; isDevice: boolean } {
    // Without an account, the same work: it takes the same time.
    const found = devices.deviceOf(deviceToken, account ?? NO_ACCOUNT)
    const device = account && found
    const text = account ? `account ${account.id} ${device ?? ''}` : `name ${name}`
    return { subject: subjectOf(text), isDevice: device !== null }
  }

  const subjectOf = (text: string): string =>
    createHmac('sha256', key).update(`postern login attempts v1\n${text}`).digest('base64url')

  /** Null if others are in progress that could use up the budget. */
  async function reserve(subject: string): Promise<Reserved | null> {
    const began = performance.now()
    const now = clock().getTime()
    const { result, isShared } = await count(
      () => attempts.reserve(subject, shared, now),
      () => inProcess.reserve(subject, own, now),
    )
    if (result === 'full') return null
    return { result, began, ...(isShared ? { store: attempts, rule: shared } : { store: inProcess, rule: own }) }
  }

  return {
    ...recognition(devices, clock),

    async begin(target, signal) {
      const began = performance.now()
      const { subject, isDevice } = budgetOf(target)
      const reserved = await queues.take(subject, () => reserve(subject), signal)
      if (!reserved || 'lockedMs' in reserved.result) {
        // No sooner than a login that was hashed. The same for names without an account, which take the same path.
        const rest = Math.max(0, began + Math.min(usual.median(), LONGEST_PAUSE_MS) - performance.now())
        await pause(rest, undefined, { signal }).catch(() => undefined)
        const waitMs = reserved && 'lockedMs' in reserved.result ? reserved.result.lockedMs : RETRY_AFTER_MS
        throw new ServiceError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(waitMs / 1000)) })
      }
      const { store, rule } = reserved
      const { id } = reserved.result
      // If Redis is unavailable now, the attempt counts as failed once it has lapsed.
      const decide = async <T>(decision: Promise<T>): Promise<T | undefined> => {
        const decided = await decision.catch(() => undefined)
        queues.next(subject)
        return decided
      }
      const withdrawn = () => decide(giveBack(store, subject, id))
      return {
        async verify(work) {
          try {
            const matches = await work()
            usual.add(performance.now() - reserved.began)
            return matches
          } catch (error) {
            await withdrawn()
            throw error
          }
        },
        // Other devices share their attempts with an attacker: a login gives back its own attempt, and no other.
        succeeded: isDevice ? () => decide(store.forget(subject, id)) : withdrawn,
        async failed() {
          const now = clock().getTime()
          const lockedMs = await decide(store.fail(subject, id, rule, now))
          return lockedMs ? new Date(now + lockedMs) : null
        },
        withdrawn,
      }
    },

    async forget(accountId) {
      const subject = subjectOf(`account ${accountId} `)
      // Attempts in progress stay in progress, so no id. If Redis is unavailable, the lock ends in its time.
      await Promise.all([attempts, inProcess].map((store) => store.forget(subject, '').catch(() => undefined)))
    },

    async lockedUntil(accountId) {
      const subject = subjectOf(`account ${accountId} `)
      const ends = await Promise.all([attempts, inProcess].map((store) => store.lockedUntil(subject).catch(() => 0)))
      const end = Math.max(...ends)
      return end > clock().getTime() ? new Date(end) : null
    },
  }
}

/** What a store has answered, and when it was asked. */
interface Reserved {
  result: { id: string } | { lockedMs: number }
  began: number
  store: AttemptStore
  rule: LockRule
}

const giveBack = (store: AttemptStore, subject: string, id: string): Promise<void> =>
  store.giveBack(subject, id).catch(() => undefined)
