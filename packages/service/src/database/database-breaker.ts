// A circuit breaker for a set of connections to the database.
import type { BreakerSet } from '../breaker-set.js'
import type { Breaker } from '../breakers.js'
import { isTimeout, isUnresponsive } from './failures.js'

/** One wait for the database is long, so a read that gets no answer opens its breaker. A write can also wait for a locked row. */
const TIMEOUTS_TO_OPEN = { read: 1, write: 3 }

/** `probe` asks for something small, through the connections that the breaker protects. */
export const createDatabaseBreaker = (
  breakers: BreakerSet,
  { name, kind, probe }: { name: string; kind: 'read' | 'write'; probe: () => Promise<unknown> },
): Breaker =>
  breakers.create({ name, isFailure: isUnresponsive, isTimeout, timeoutsToOpen: TIMEOUTS_TO_OPEN[kind], probe })
