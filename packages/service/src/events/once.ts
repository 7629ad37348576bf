// Makes the effect of an event happen once, if it is no row that can be committed with the note of it.
import { setTimeout as pause } from 'node:timers/promises'
import type { MysqlTransaction } from '../database/mysql-transactions.js'
import { insist } from '../insistence.js'
import type { EventLocks } from './event-locks.js'
import type { ProcessedEvents } from './processed-events.js'

/** How long the note of an effect is tried: longer than the database takes to restart, shorter than the lease of an event. */
const NOTE_MS = 30_000

/** So many effects whose note has failed are remembered: more than a process works on at once. */
const REMEMBERED = 1000

/** Longer than any effect takes. A process that holds a lock for longer has lost it, or is cut off. */
const LOCK_WAIT_MS = 60_000
const LOCK_PAUSE_MS = 100

/** Returns whether the effect happened now. False: it had happened before. Rejects as `effect` does. */
export type Once = (consumer: string, id: string, effect: () => Promise<void>) => Promise<boolean>

interface Options {
  transaction: MysqlTransaction
  processed: ProcessedEvents
  /** Null if no other process can be working on the same event. */
  locks: EventLocks | null
}

/** Only if the process dies between the effect and the note, the effect happens twice. */
export function createOnce({ transaction, processed, locks }: Options): Once {
  /** What this process is working on. */
  const running = new Map<string, Promise<boolean>>()
  /** What has happened and is not noted. Without it, an outage of the database would repeat effects. */
  const unnoted = new Set<string>()

  function remember(key: string): void {
    unnoted.add(key)
    const [oldest] = unnoted
    if (unnoted.size > REMEMBERED && oldest !== undefined) unnoted.delete(oldest)
  }

  async function run(key: string, ...[consumer, id, effect]: Parameters<Once>): Promise<boolean> {
    if (!unnoted.has(key)) {
      if (await processed.has(consumer, id)) return false
      await effect()
      remember(key)
    }
    await insist(() => transaction((tx) => processed.insert(tx, consumer, id)), { forMs: NOTE_MS })
    unnoted.delete(key)
    return true
  }

  /** A message that was published twice can be with two workers at once. */
  async function locked(key: string, work: () => Promise<boolean>): Promise<boolean> {
    if (!locks) return work()
    const end = performance.now() + LOCK_WAIT_MS
    while (!(await locks.tryLock(key)) && performance.now() < end) await pause(LOCK_PAUSE_MS)
    try {
      return await work()
    } finally {
      await locks.unlock(key)
    }
  }

  return async function once(consumer, id, effect) {
    const key = `${consumer} ${id}`
    while (running.has(key)) await running.get(key)?.catch(() => undefined)
    const work = locked(key, () => run(key, consumer, id, effect)).finally(() => running.delete(key))
    running.set(key, work)
    return work
  }
}
