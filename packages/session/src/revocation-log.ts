import { setTimeout as pause } from 'node:timers/promises'
import { decodeEntry } from './protocol.js'
import type { LogConnection, RawEntry } from './redis-log.js'
import type { RevocationTable } from './revocation-table.js'

/** A point in time on both clocks: the monotonic one stands still while a machine sleeps, the other one may be set. */
interface Moment {
  readonly monotonic: number
  readonly wall: number
}

export interface RevocationLogOptions {
  readonly connect: () => LogConnection
  /** Who may sign entries; null: signatures are not checked. */
  readonly keys: readonly Buffer[] | null
  readonly table: RevocationTable
  readonly onError: (error: Error) => void
  readonly clock?: () => Moment
}

/** Follows the revocation log and knows how fresh its knowledge is. */
export interface RevocationLog {
  /** An upper bound in milliseconds on how old the knowledge is; null before it is complete for the first time. */
  age(): number | null
  readonly connected: boolean
  /** True while a revocation did not fit into memory. */
  readonly full: boolean
  readonly epoch: number | null
  readonly counters: Readonly<LogCounters>
  /** Calls back after each checkpoint that made the knowledge fresher. */
  onFresh(listener: () => void): void
  close(): Promise<void>
}

/** What has happened since the start. */
export interface LogCounters {
  /** Entries read from the log, checkpoints included. */
  entries: number
  /** Entries that were ignored because they are forged, malformed or signed by another deployment. Healthy: 0. */
  ignored: number
  /**
   * Entries that stand before the first one of an accepted key: left over from an earlier key of the service. Normal
   * after a change of keys. If it rises while the validator is `not_ready`, the validator has the wrong key.
   */
  leftover: number
  /** How often the log was read from its beginning. */
  replays: number
  /** How often a connection was made. */
  connections: number
}

const START = '0-0'
const BATCH = 1000
/** Short, for two reasons: silence is noticed soon, and a checkpoint is proven to be no older than about two reads. */
const BLOCK_MS = 500
/** Checkpoints come every second; after this the log itself is looked at. */
const LATE_MS = 4000
/** Pauses before a new connection, doubled until something can be read again. */
const SHORTEST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2000
/** Entries this far apart can have something trimmed between them. */
const GAP_MS = 10_000
const CLOCK_SET_BACK_MS = 1000

const systemClock = (): Moment => ({ monotonic: performance.now(), wall: Date.now() })

/**
 * Reads the log from its beginning and follows it for ever, on connections of its own.
 *
 * Freshness is proven, not assumed. An entry may have waited in a buffer while this process was stopped, so its
 * arrival says nothing. But a checkpoint that an earlier read, one that left nothing unread, did not bring was written
 * after that read was asked for; and whatever was committed before a checkpoint stands before it in the log. So at
 * that earlier moment, by our own clock, nothing was missing.
 *
 * Before it reads on after a pause, it looks whether the last entry it read still stands in the log. Where it does not
 * (emptied, rewound, trimmed beyond it, another server) and where a new epoch begins, it reads all again from the start.
 * What the table holds stays there until it expires.
 */
export function followRevocations(options: RevocationLogOptions): RevocationLog {
  const { connect, keys, table, onError, clock = systemClock } = options
  const counters: LogCounters = { entries: 0, ignored: 0, leftover: 0, replays: 0, connections: 0 }
  const stop = new AbortController()
  const stopped = (): boolean => stop.signal.aborted
  const listeners: (() => void)[] = []
  let connection: LogConnection | null = null
  let connected = false
  let last: RawEntry = { id: START, fields: [] }
  /** The latest entry ever read. A replay does not count the ones before it again. */
  let newest = START
  /** Whether this pass over the log has met an entry of an accepted key. */
  let authenticated = false
  let epoch: number | null = null
  let fresh: Moment | null = null
  let full = false
  let lost = false
  let wait = SHORTEST_WAIT_MS
  /** How far the settable clock was ahead when entries were last dropped as expired, at most. */
  let ahead = -Infinity

  const age = (): number | null => fresh && since(fresh, clock())

  const rewind = (): void => {
    last = { id: START, fields: [] }
    lost = authenticated = false
  }

  /** Whether the clock was set back since: then some of what was dropped as expired may be in force again. */
  const wasSetBack = ({ monotonic, wall }: Moment): boolean => {
    if (wall - monotonic < ahead - CLOCK_SET_BACK_MS) {
      ahead = wall - monotonic
      return true
    }
    ahead = Math.max(ahead, wall - monotonic)
    return false
  }

  const sweep = (): void => {
    const { monotonic, wall } = clock()
    ahead = Math.max(ahead, wall - monotonic)
    table.sweep(wall / 1000, full ? 64 : 2)
  }

  /** Whether the place we have read to is still there, so that nothing before it can have changed. */
  const stands = async (log: LogConnection): Promise<boolean> => {
    if (last.id === START) return true
    const entry = await log.get(last.id)
    return entry !== null && entry.fields.join('\n') === last.fields.join('\n')
  }

  /** Takes one entry in; true when it opens an epoch that is new to us. */
  const take = ({ id, fields }: RawEntry, provenSince: Moment | null): boolean => {
    counters.entries++
    const entry = decodeEntry(keys, fields)
    if (!entry) {
      // Redis only appends, so nothing that was forged after the service's entries can stand before them.
      if (isAfter(id, newest)) counters[authenticated ? 'ignored' : 'leftover']++
      return false
    }
    authenticated = true
    if (entry.kind === 'revocation') {
      if (!table.add(entry.revocation, clock().wall / 1000)) full = lost = true
      return false
    }
    const opens = entry.kind === 'epoch' && entry.epoch !== epoch
    if (opens || epoch === null) epoch = entry.epoch
    if (entry.kind === 'checkpoint' && entry.epoch === epoch && provenSince) {
      fresh = provenSince
      for (const listener of listeners) listener()
    }
    return opens
  }

  const follow = async (log: LogConnection): Promise<void> => {
    if (!(await stands(log))) rewind()
    if (last.id === START) counters.replays++
    /** When the newest read that left nothing unread was asked for; null while we catch up. */
    let complete: Moment | null = null
    while (!stopped()) {
      const asked = clock()
      const entries = await log.read(last.id, BATCH, complete ? BLOCK_MS : undefined)
      wait = SHORTEST_WAIT_MS
      const first = entries[0]
      let intact = true
      if (first ? milliseconds(first.id) - milliseconds(last.id) > GAP_MS : (age() ?? Infinity) > LATE_MS) {
        intact = await stands(log)
      }
      let newEpoch = false
      for (const entry of entries) newEpoch = take(entry, intact ? complete : null) || newEpoch
      last = entries.at(-1) ?? last
      if (isAfter(last.id, newest)) newest = last.id
      const again = !intact || (complete && newEpoch) || wasSetBack(asked) || (full && lost && table.hasRoom)
      if (again) {
        rewind()
        counters.replays++
        complete = null
      } else if (entries.length < BATCH) {
        // A replay that fitted ends the state of emergency.
        if (!complete) full = lost
        complete = asked
      }
    }
  }

  const run = async (): Promise<void> => {
    while (!stopped()) {
      const log = (connection = connect())
      try {
        await log.open()
        connected = true
        counters.connections++
        await follow(log)
      } catch (error) {
        if (!stopped()) onError(error as Error)
      }
      connected = false
      log.close()
      await pause(wait, undefined, { signal: stop.signal }).catch(() => {})
      wait = Math.min(wait * 2, LONGEST_WAIT_MS)
    }
  }

  const sweeper = setInterval(sweep, 1000).unref()
  const running = run()

  return {
    age,
    get connected() {
      return connected
    },
    get full() {
      return full
    },
    get epoch() {
      return epoch
    },
    counters,
    onFresh: (listener) => void listeners.push(listener),
    async close() {
      stop.abort()
      clearInterval(sweeper)
      connection?.close()
      await running
    },
  }
}

/** The gloomier of the two clocks counts. */
const since = (then: Moment, now: Moment): number => Math.max(now.monotonic - then.monotonic, now.wall - then.wall)

const milliseconds = (id: string): number => Number(id.split('-', 1)[0])

const isAfter = (id: string, other: string): boolean => {
  const difference = milliseconds(id) - milliseconds(other)
  return difference > 0 || (difference === 0 && sequence(id) > sequence(other))
}

const sequence = (id: string): number => Number(id.slice(id.indexOf('-') + 1))
