// Counts username checks in this process and delivers the counts to Redis, where all processes add up.
import { randomUUID } from 'node:crypto'
import { USERNAME_PROBLEM_MESSAGES } from '@postern/contract/usernames'
import type { Clock } from '@postern/service/clock'
import type { Delivery, UsernameStatisticsRepository } from '../../repositories/usernames/username-statistics.js'
import type { UnavailableReason } from './reasons.js'
import { type Tier, TIERS } from './tiers.js'

/** Refused usernames counted between two deliveries: a bound on memory. */
const MAX_REFUSED_PER_DELIVERY = 1000

/** Refused usernames that can be queried. */
const MAX_REFUSED_SHOWN = 100

export interface Statistics {
  since: Date
  checks: number
  /** The share of all checks that each tier answered, from 0 to 1. */
  shares: { tier: Tier; share: number }[]
  owned: number
  held: number
  /** The most often refused first. */
  refused: { username: string; times: number }[]
}

export type UsernameStatisticsService = ReturnType<typeof createUsernameStatistics>

export function createUsernameStatistics({
  statistics,
  clock,
}: {
  statistics: UsernameStatisticsRepository
  clock: Clock
}) {
  let tiers = new Map<Tier, number>()
  let refused = new Map<string, number>()

  let undelivered: Delivery | null = null
  let counting: ReturnType<typeof statistics.countUsernames> | null = null

  /** Repeats an unconfirmed delivery unchanged, so that Redis recognizes it. Newer counts wait for it. */
  async function deliver(): Promise<void> {
    if (undelivered) await send(undelivered)
    if (undelivered || tiers.size === 0) return
    undelivered = { id: randomUUID(), tiers, refused }
    tiers = new Map()
    refused = new Map()
    await send(undelivered)
  }

  async function send(delivery: Delivery): Promise<void> {
    await statistics.add(delivery, clock())
    if (undelivered === delivery) undelivered = null
  }

  /** Reads the whole table: once for all concurrent callers. */
  async function countUsernames(): ReturnType<typeof statistics.countUsernames> {
    counting ??= statistics.countUsernames(clock()).finally(() => {
      counting = null
    })
    return counting
  }

  return {
    /** Counts malformed usernames, but keeps none of them: they may be passwords typed into the wrong field. */
    count(tier: Tier, reason: UnavailableReason | null, canonical: string): void {
      tiers.set(tier, (tiers.get(tier) ?? 0) + 1)
      if (reason === null || Object.hasOwn(USERNAME_PROBLEM_MESSAGES, reason)) return
      const times = refused.get(canonical)
      if (times !== undefined || refused.size < MAX_REFUSED_PER_DELIVERY) refused.set(canonical, (times ?? 0) + 1)
    },

    deliver,

    /** Throws SERVICE_UNAVAILABLE if Redis or MySQL is unavailable. */
    async read(): Promise<Statistics> {
      // If Redis is unavailable, the read fails too, with a better message.
      await deliver().catch(() => undefined)
      const [counted, usernames] = await Promise.all([statistics.checks(MAX_REFUSED_SHOWN), countUsernames()])
      const checks = TIERS.reduce((sum, tier) => sum + (counted.tiers.get(tier) ?? 0), 0)
      return {
        since: counted.since ?? clock(),
        checks,
        shares: TIERS.map((tier) => ({ tier, share: checks === 0 ? 0 : (counted.tiers.get(tier) ?? 0) / checks })),
        ...usernames,
        refused: [...counted.refused].map(([username, times]) => ({ username, times })),
      }
    },
  }
}
