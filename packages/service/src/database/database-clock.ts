// A clock that follows the database's, so that a wrong clock of this machine decides nothing.
import type { Clock } from '../clock.js'
import { ConfigError } from '../config-error.js'
import type { Connection } from './mysql.js'
import type { Read } from './reads.js'

/** How far this machine's clock may be from the database's, in milliseconds. */
export const MAX_CLOCK_OFFSET_MS = 5000

/** A response that took longer says too little about the time. */
const MAX_ROUND_TRIP_MS = 2000

/** The first measurement is repeated until a response is this fast, because everything begins with its time. */
const FAST_ROUND_TRIP_MS = 20
const FIRST_MEASUREMENTS = 5

/** The database's time has milliseconds. */
const DATABASE_PRECISION_MS = 1

const TIME = 'SELECT UNIX_TIMESTAMP(NOW(3)) AS seconds'

/** How far this machine's clock is ahead of the database's, in milliseconds. */
export async function readClockOffset(connection: Connection): Promise<number> {
  const sentAt = Date.now()
  const [rows] = await connection.query(TIME)
  const seconds = Number((rows as { seconds: string | number }[])[0]?.seconds)
  return (sentAt + Date.now()) / 2 - seconds * 1000
}

export interface DatabaseClock {
  /** The database's time. Before the first response it is this machine's. */
  now: Clock
  /** Reads the database's time. Rejects if the database is unavailable; the clock then continues from the last response. */
  synchronize: () => Promise<void>
  /** How far this machine's clock is ahead of the database's, in milliseconds. Negative if it is behind. */
  offsetMs: () => number
  /** False if one of the two clocks is wrong by more than 5 s: then nothing may be deleted because of its age. */
  agrees: () => boolean
  /** Reads the database's time before anything else does. Throws a ConfigError if one of the two clocks is wrong. */
  prepare: () => Promise<void>
}

/**
 * Between two responses it counts monotonic time, which does not jump when the machine's clock is set. `wall` and
 * `monotonic` return milliseconds.
 */
export function createDatabaseClock(
  read: Read,
  { wall = Date.now, monotonic = () => performance.now() }: { wall?: () => number; monotonic?: () => number } = {},
): DatabaseClock {
  /** The database's time when the monotonic clock was at 0. */
  let origin = wall() - monotonic()
  let isSynchronized = false
  const nowMs = () => origin + monotonic()
  const offsetMs = () => wall() - nowMs()

  /** What `origin` was, give or take `uncertainty`. */
  async function measure(): Promise<{ measured: number; uncertainty: number }> {
    const sentAt = monotonic()
    const [row] = await read<{ seconds: string | number }>(TIME, [])
    const uncertainty = (monotonic() - sentAt) / 2
    return { measured: Number(row?.seconds) * 1000 - (sentAt + uncertainty), uncertainty }
  }

  async function measureFirst() {
    let best = await measure()
    for (let more = FIRST_MEASUREMENTS - 1; more > 0 && best.uncertainty > FAST_ROUND_TRIP_MS / 2; more--) {
      const next = await measure()
      if (next.uncertainty < best.uncertainty) best = next
    }
    return best
  }

  async function synchronize(): Promise<void> {
    if (!isSynchronized) {
      origin = (await measureFirst()).measured
      isSynchronized = true
      return
    }
    const { measured, uncertainty } = await measure()
    if (uncertainty > MAX_ROUND_TRIP_MS / 2) return
    // To the nearest time that the measurement allows, so that the clock moves no further than it was wrong.
    const margin = uncertainty + DATABASE_PRECISION_MS
    origin = Math.min(Math.max(origin, measured - margin), measured + margin)
  }

  const agrees = () => Math.abs(offsetMs()) <= MAX_CLOCK_OFFSET_MS

  return {
    now: () => new Date(nowMs()),
    synchronize,
    offsetMs,
    agrees,

    async prepare() {
      await synchronize()
      if (!agrees()) throw new ConfigError(describeOffset(offsetMs()))
    },
  }
}

function describeOffset(milliseconds: number): string {
  const direction = milliseconds > 0 ? 'ahead of' : 'behind'
  const seconds = Math.round(Math.abs(milliseconds) / 1000)
  return `The clock of this machine is ${seconds} s ${direction} the database server's; at most ${MAX_CLOCK_OFFSET_MS / 1000} s are allowed. Synchronize both clocks (NTP), then start again.`
}
