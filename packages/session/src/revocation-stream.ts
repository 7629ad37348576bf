// Follows the revocation stream in Redis.
import { setTimeout as pause } from 'node:timers/promises'
import { decodeEntry } from './protocol.js'
import type { RevocationTable } from './revocation-table.js'
import type { RawEntry, StreamConnection } from './stream-connection.js'

/** A point in time on two clocks: the monotonic one stops while a machine sleeps, the wall clock can be set. */
interface Moment {
  readonly monotonic: number
  readonly wall: number
}

export interface RevocationStreamOptions {
  readonly connect: () => StreamConnection
  /** The keys that may sign entries. Null: signatures are not checked. */
  readonly keys: readonly Buffer[] | null
  readonly table: RevocationTable
  readonly onError: (error: Error) => void
  readonly clock?: () => Moment
}

/** Follows the revocation stream and measures how fresh its knowledge is. */
export interface RevocationStream {
  /** An upper bound on the age of what is known, in milliseconds. Null until it is complete for the first time. */
  age(): number | null
  readonly connected: boolean
  /** True while a revocation is missing because it exceeded the limit. */
  readonly full: boolean
  readonly epoch: number | null
  readonly counters: Readonly<StreamCounters>
  /** Called after each checkpoint that proves newer knowledge. */
  onFresh(listener: () => void): void
  close(): Promise<void>
}

/** Totals since the start. */
export interface StreamCounters {
  /** Entries read, checkpoints included. */
  entries: number
  /** Entries that were ignored because they are forged, malformed or signed by another deployment. Healthy: 0. */
  ignored: number
  /**
   * Entries before the first one with an accepted key: left over from an earlier key of the service, which is normal after
   * it changed. If the number rises while the validator is `not_ready`, the validator has the wrong key.
   */
  leftover: number
  /** How often the stream was read from its beginning. */
  replays: number
  /** How often a connection was opened. */
  connections: number
}

/** @deprecated Use {@link StreamCounters}. */
export type LogCounters = StreamCounters

const START = '0-0'
const BATCH = 1000
/** Short for two reasons: silence is noticed early, and a checkpoint proves knowledge no older than about two reads. */
const BLOCK_MS = 500
/** Checkpoints come every second. If they are this late, the position in the stream is checked. */
const LATE_MS = 4000
/** The pause before a new connection, doubled until a read succeeds. */
const SHORTEST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2000
/** Between entries this far apart, others may have been trimmed. */
const GAP_MS = 10_000
const CLOCK_SET_BACK_MS = 1000
const SWEEP_EVERY_MS = 1000

const systemClock = (): Moment => ({ monotonic: performance.now(), wall: Date.now() })

/**
 * Reads the stream from its beginning and then follows it, on connections of its own.
 *
 * Freshness is proven, not assumed. An entry may have waited in a buffer while this process was stopped, so its arrival
 * proves nothing. But assume that one read returned everything there was, and a later read returns a checkpoint. Then the
 * checkpoint was written after the first read was sent. Everything committed before a checkpoint precedes it in the
 * stream, so nothing was missing when that first read was sent, by this process's clock.
 *
 * After an interruption, it checks that the last entry it read is still in the stream. If it is not (the stream was
 * emptied, restored or trimmed too far, or this is another server), and when a new epoch starts, it reads everything
 * again. Revocations in the table stay there until they expire.
 */
export function followRevocations(options: RevocationStreamOptions): RevocationStream {
  const { connect, keys, table, onError, clock = systemClock } = options
  const counters: StreamCounters = { entries: 0, ignored: 0, leftover: 0, replays: 0, connections: 0 }
  const stop = new AbortController()
  const stopped = (): boolean => stop.signal.aborted
  const listeners: (() => void)[] = []
  let connection: StreamConnection | null = null
  let connected = false
  let last: RawEntry = { id: START, fields: [] }
  /** The latest entry ever read. A replay does not count the ones before it again. */
  let newest = START
  /** Whether this pass over the stream has found an entry with an accepted key. */
  let authenticated = false
  let epoch: number | null = null
  let fresh: Moment | null = null
  let full = false
  let lost = false
  let wait = SHORTEST_WAIT_MS
  /** The largest lead of the wall clock over the monotonic one while expired entries were dropped. */
  let ahead = -Infinity

  const age = (): number | null => fresh && since(fresh, clock())

  const rewind = (): void => {
    last = { id: START, fields: [] }
    lost = authenticated = false
  }

  /** Whether the clock was set back. If so, revocations that were dropped as expired may be in force again. */
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

  /** Whether the last entry that was read is still in the stream. If so, nothing before it can have changed. */
  const isIntact = async (stream: StreamConnection): Promise<boolean> => {
    if (last.id === START) return true
    const entry = await stream.get(last.id)
    return entry !== null && entry.fields.join('\n') === last.fields.join('\n')
  }

  /** Processes one entry. Returns true if it starts a new epoch. */
  const take = ({ id, fields }: RawEntry, provenSince: Moment | null): boolean => {
    counters.entries++
    const entry = decodeEntry(keys, fields)
    if (!entry) {
      // Redis only appends, so an entry that was forged after the service's entries can't precede them.
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

  const follow = async (stream: StreamConnection): Promise<void> => {
    if (!(await isIntact(stream))) rewind()
    if (last.id === START) counters.replays++
    /** When the latest read that returned everything was sent. Null while catching up. */
    let complete: Moment | null = null
    while (!stopped()) {
      const sent = clock()
      const entries = await stream.read(last.id, BATCH, complete ? BLOCK_MS : undefined)
      wait = SHORTEST_WAIT_MS
      const first = entries[0]
      let intact = true
      if (first ? milliseconds(first.id) - milliseconds(last.id) > GAP_MS : (age() ?? Infinity) > LATE_MS) {
        intact = await isIntact(stream)
      }
      let newEpoch = false
      for (const entry of entries) newEpoch = take(entry, intact ? complete : null) || newEpoch
      last = entries.at(-1) ?? last
      if (isAfter(last.id, newest)) newest = last.id
      const again = !intact || (complete && newEpoch) || wasSetBack(sent) || (full && lost && table.hasRoom)
      if (again) {
        rewind()
        counters.replays++
        complete = null
      } else if (entries.length < BATCH) {
        // After a replay in which everything fitted, the table is complete again.
        if (!complete) full = lost
        complete = sent
      }
    }
  }

  const run = async (): Promise<void> => {
    while (!stopped()) {
      const stream = (connection = connect())
      try {
        await stream.open()
        connected = true
        counters.connections++
        await follow(stream)
      } catch (error) {
        if (!stopped()) onError(error as Error)
      }
      connected = false
      stream.close()
      await pause(wait, undefined, { signal: stop.signal, ref: false }).catch(() => {})
      wait = Math.min(wait * 2, LONGEST_WAIT_MS)
    }
  }

  const sweeper = setInterval(sweep, SWEEP_EVERY_MS).unref()
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

/** The larger of both times counts. */
const since = (then: Moment, now: Moment): number => Math.max(now.monotonic - then.monotonic, now.wall - then.wall)

const milliseconds = (id: string): number => Number(id.split('-', 1)[0])

const isAfter = (id: string, other: string): boolean => {
  const difference = milliseconds(id) - milliseconds(other)
  return difference > 0 || (difference === 0 && sequence(id) > sequence(other))
}

const sequence = (id: string): number => Number(id.slice(id.indexOf('-') + 1))
