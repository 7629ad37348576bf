// Limits the calls of client addresses in this process: without a round trip, for operations that are called very often.
import { createHmac } from 'node:crypto'
import { createTwoGenerations } from '@postern/contract/two-generations'
import type { Clock } from '../../platform/clock.js'
import { networkOf } from '../../platform/networks.js'
import type { CallLimit } from '../../repositories/limits/call-counts.js'
import type { CallTotals } from '../../repositories/limits/call-totals.js'

/** Networks that are kept: at most twice as many. */
const MAX_NETWORKS = 20_000

/** Shorter periods are over before other processes could know. */
const SHORTEST_SHARED_SECONDS = 60

/** The part of a limit that a network must have used before it is worth telling the other processes. */
const SHARED_FROM = 1 / 20

/** How many counts one round sends to Redis. The rest follow in the next one. */
const MAX_SHARED = 1000

/** The calls of one network in the current period of one limit. All processes have the same periods. */
interface Period extends CallLimit {
  endsAt: number
  own: number
  /** Those of other processes, as far as known. */
  others: number
  /** How many of its own this process has told the others. */
  sent: number
}

/** The periods of one network: for all operations together, and for some of them. */
interface Network {
  key: string
  all: Period[]
  operations: Map<string, Period[]>
}

export interface AddressLimits {
  /**
   * Counts the calls of a request, by operation, unless a limit refuses them. Returns how many milliseconds until they can
   * succeed: 0 if they were counted.
   */
  count(address: string, calls: ReadonlyMap<string, number>): number
  /** Exchanges counts with the other processes. Rejects if Redis is unavailable. */
  share(): Promise<void>
}

interface Options {
  /** For all operations together. */
  all: readonly CallLimit[]
  operations: ReadonlyMap<string, readonly CallLimit[]>
  totals: CallTotals
  /** Makes keys of addresses. */
  key: string
  clock: Clock
}

const newPeriods = (limits: readonly CallLimit[]): Period[] =>
  limits.map((limit) => ({ ...limit, endsAt: 0, own: 0, others: 0, sent: 0 }))

export function createAddressLimits({ all, operations, totals, key, clock }: Options): AddressLimits {
  const networks = createTwoGenerations<Network>({ size: MAX_NETWORKS, renew: true })
  let changed = new Map<Period, Network>()

  function find(address: string): Network {
    const name = networkOf(address)
    const known = networks.get(name)
    if (known) return known
    const each = [...operations].map(([operation, limits]) => [operation, newPeriods(limits)] as const)
    const network = { key: name, all: newPeriods(all), operations: new Map(each) }
    networks.set(name, network)
    return network
  }

  /** How long to wait for these calls, which are not counted yet. */
  function waitFor(periods: readonly Period[], calls: number, now: number): number {
    let wait = 0
    for (const period of periods) {
      if (period.endsAt <= now) {
        const length = period.seconds * 1000
        period.endsAt = (Math.floor(now / length) + 1) * length
        period.own = period.others = period.sent = 0
      }
      if (period.own + period.others + calls > period.limit) wait = Math.max(wait, period.endsAt - now)
    }
    return wait
  }

  function add(network: Network, periods: readonly Period[], calls: number): void {
    for (const period of periods) {
      period.own += calls
      const isShared = period.seconds >= SHORTEST_SHARED_SECONDS && period.own >= period.limit * SHARED_FROM
      if (isShared && changed.size < MAX_NETWORKS) changed.set(period, network)
    }
  }

  const entryOf = (period: Period, { key: name, operations: own }: Network) => {
    const [operation = 'all'] = [...own].find(([, periods]) => periods.includes(period)) ?? []
    const text = `postern calls v1\n${operation}\n${period.seconds}\n${period.endsAt}\n${name}`
    return {
      key: createHmac('sha256', key).update(text).digest('base64url'),
      calls: period.own - period.sent,
      endsAt: period.endsAt,
    }
  }

  return {
    count(address, calls) {
      const network = find(address)
      const now = clock().getTime()
      let sum = 0
      let wait = 0
      for (const [operation, times] of calls) {
        sum += times
        const periods = network.operations.get(operation)
        if (periods) wait = Math.max(wait, waitFor(periods, times, now))
      }
      wait = Math.max(wait, waitFor(network.all, sum, now))
      if (wait > 0) return wait
      for (const [operation, times] of calls) {
        const periods = network.operations.get(operation)
        if (periods) add(network, periods, times)
      }
      add(network, network.all, sum)
      return 0
    },

    async share() {
      const now = clock().getTime()
      const round = [...changed].slice(0, MAX_SHARED)
      changed = new Map([...changed].slice(MAX_SHARED))
      const current = round.filter(([period]) => period.endsAt > now)
      if (current.length === 0) return
      const entries = current.map(([period, network]) => entryOf(period, network))
      // What is lost on the way is not sent again: it may have been counted.
      for (const [period] of current) period.sent = period.own
      const sums = await totals.add(entries)
      for (const [i, [period]] of current.entries()) {
        if (period.endsAt === entries[i]?.endsAt) period.others = Math.max(period.others, (sums[i] ?? 0) - period.sent)
      }
    },
  }
}
