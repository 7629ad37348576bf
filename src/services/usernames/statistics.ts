import { randomUUID } from 'node:crypto'
import type { Delivery, UsernameStatisticsRepository } from '../../repositories/usernames/username-statistics.js'
import { USERNAME_PROBLEM_MESSAGES } from '@postern/contract/usernames'
import type { Clock } from '../../platform/clock.js'
import type { Tier, UnavailableReason } from './availability.js'

const TIERS: readonly Tier[] = ['rules', 'memory', 'redis', 'mysql']

/** Names that are counted between two deliveries; more than that many at a time are not worth their memory. */
const COUNTED_AT_MOST = 1000

/** Names that can be asked for. */
const SHOWN = 100

export interface Statistics {
  since: Date
  checks: number
  /** Each tier's part of all checks, 0 to 1. */
  shares: { tier: Tier; share: number }[]
  owned: number
  held: number
  /** The ones refused most often first. */
  refused: { username: string; times: number }[]
}

export type UsernameStatisticsService = ReturnType<typeof createUsernameStatistics>

/** Counts in this process, and delivers to where all processes count together. */
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
  let counting: ReturnType<typeof statistics.names> | null = null

  /** What Redis did not say that it took is delivered again as it was, so that Redis can tell; the rest waits for it. */
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

  /** The table is read as a whole: once for all that ask meanwhile. */
  async function countNames(): ReturnType<typeof statistics.names> {
    counting ??= statistics.names(clock()).finally(() => {
      counting = null
    })
    return counting
  }

  return {
    /** Only names of the right form are kept: anything else may be something that was typed into the wrong field. */
    count(tier: Tier, reason: UnavailableReason | null, canonical: string): void {
      add(tiers, tier, 1)
      if (reason === null || Object.hasOwn(USERNAME_PROBLEM_MESSAGES, reason)) return
      if (refused.size < COUNTED_AT_MOST || refused.has(canonical)) add(refused, canonical, 1)
    },

    deliver,

    /** Throws SERVICE_UNAVAILABLE when Redis or MySQL is away. */
    async read(): Promise<Statistics> {
      // A failure shows in the reading as well, which has the better words for it.
      await deliver().catch(() => undefined)
      const [counted, names] = await Promise.all([statistics.checks(SHOWN), countNames()])
      const checks = TIERS.reduce((sum, tier) => sum + (counted.tiers.get(tier) ?? 0), 0)
      return {
        since: counted.since ?? clock(),
        checks,
        shares: TIERS.map((tier) => ({ tier, share: checks === 0 ? 0 : (counted.tiers.get(tier) ?? 0) / checks })),
        ...names,
        refused: [...counted.refused].map(([username, times]) => ({ username, times })),
      }
    },
  }
}

function add<Key>(counts: Map<Key, number>, key: Key, times: number): void {
  counts.set(key, (counts.get(key) ?? 0) + times)
}
