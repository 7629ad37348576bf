// Limits the calls of client addresses in this process: without a round trip, for operations that are called very often.
import { createHmac } from 'node:crypto'
import { createTwoGenerations } from '@postern/contract/two-generations'
import { networkOf } from '@postern/service/networks'
import type { Clock } from '@postern/service/clock'
import type { CallLimit } from '@postern/service/call-windows'
import type { CallTotals } from '../../repositories/limits/call-totals.js'

/** Networks that are kept: at most twice as many. */
const MAX_NETWORKS = 20_000

/**
 * The part of a limit that a network must have used before its count is shared with the other processes. More in short
 * periods: most visitors use a twentieth within a second, and Redis must get no list of them.
 */
const SHARED_FROM = 1 / 20
const SHARED_FROM_IN_SHORT_PERIODS = 1 / 4
const SHORT_SECONDS = 60
const isShort = ({ seconds }: CallLimit): boolean => seconds < SHORT_SECONDS

/** How many counts one round sends to Redis. The rest follow in the next one. */
const MAX_SHARED = 1000

/** The calls of one network in the current period of one limit. All processes have the same periods. */
interface Period extends CallLimit {
  endsAt: number
  /**
   * The part of the limit that this process may use. In a period that is too short to learn of the others in time, it is
   * this process's share of the calls in the period before, if they used up the limit.
   */
  allowed: number
  own: number
  /** Calls in other processes, as far as known. */
  others: number
  /** How many of its own this process has sent to the others. */
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
  /** The HMAC key that turns addresses into keys of Redis. */
  key: string
  clock: Clock
}

const newPeriods = (limits: readonly CallLimit[]): Period[] =>
  limits.map((limit) => ({ ...limit, endsAt: 0, allowed: limit.limit, own: 0, others: 0, sent: 0 }))

/** Begins the period that `now` is in. */
function begin(period: Period, now: number): void {
  const { limit, own, others } = period
  const length = period.seconds * 1000
  const isNext = period.endsAt > now - length
  const isUsedUp = others > 0 && own + others >= limit
  period.allowed =
    isShort(period) && isNext && isUsedUp ? Math.max(1, Math.ceil((limit * own) / (own + others))) : limit
  period.endsAt = (Math.floor(now / length) + 1) * length
  period.own = period.others = period.sent = 0
}

const sharedFrom = (period: CallLimit): number =>
  period.limit * (isShort(period) ? SHARED_FROM_IN_SHORT_PERIODS : SHARED_FROM)

export function createAddressLimits({ all, operations, totals, key, clock }: Options): AddressLimits {
  const networks = createTwoGenerations<Network>({ size: MAX_NETWORKS, renew: true })
  let changed = new Map<Period, Network>()
  let last: { calls: ReadonlyMap<string, number>; listed: readonly (readonly [string, number])[] } | null = null

  /** Requests for the same document share their map, and an array takes less to go through. */
  function list(calls: ReadonlyMap<string, number>) {
    if (last?.calls !== calls) last = { calls, listed: [...calls] }
    return last.listed
  }

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
      if (period.endsAt <= now) begin(period, now)
      const isOver = period.own + period.others + calls > period.limit || period.own + calls > period.allowed
      if (isOver) wait = Math.max(wait, period.endsAt - now)
    }
    return wait
  }

  function add(network: Network, periods: readonly Period[], calls: number): void {
    for (const period of periods) {
      period.own += calls
      if (period.own >= sharedFrom(period) && changed.size < MAX_NETWORKS) changed.set(period, network)
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
      const listed = list(calls)
      let sum = 0
      let wait = 0
      for (const [operation, times] of listed) {
        sum += times
        const periods = network.operations.get(operation)
        if (periods) wait = Math.max(wait, waitFor(periods, times, now))
      }
      wait = Math.max(wait, waitFor(network.all, sum, now))
      if (wait > 0) return wait
      for (const [operation, times] of listed) {
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
      for (const [period, network] of current) {
        period.sent = period.own
        // The other processes may send theirs later in the same period, after the last call here.
        if (isShort(period)) changed.set(period, network)
      }
      const sums = await totals.add(entries)
      for (const [i, [period]] of current.entries()) {
        if (period.endsAt === entries[i]?.endsAt) period.others = Math.max(period.others, (sums[i] ?? 0) - period.sent)
      }
    },
  }
}
