// How long it takes from the commit of an event to its consumer, at a rate far below the capacity.
import { setTimeout as pause } from 'node:timers/promises'
import { percentile } from '../report/statistics.ts'
import { type Consumption, now } from './consumption.ts'
import type { Opened } from './events.ts'

/** In milliseconds. */
export interface Delays {
  p50: number
  p99: number
  most: number
}

const WARM_UP = 500
const EVENTS = 3000
const PER_SECOND = 100
const LOOK_MS = 50

export async function measureDelays(events: Opened, consumption: Consumption): Promise<Delays> {
  const committed = new Map<string, number>()
  const consumed = new Map<string, number>()
  async function writeAll(count: number): Promise<void> {
    const writing: Promise<void>[] = []
    const one = async (i: number) => void committed.set(await events.write(i), now())
    const begun = now()
    for (let i = 0; i < count; i++) {
      // At even times, however late a timer is.
      await pause(Math.max(0, begun + (i * 1000) / PER_SECOND - now()))
      writing.push(one(i))
    }
    await Promise.all(writing)
    while (consumed.size < committed.size) {
      for (const [id, at] of (await consumption.look()).times) consumed.set(id, at)
      await pause(LOOK_MS)
    }
  }

  // Compiled, and with open connections.
  await writeAll(WARM_UP)
  committed.clear()
  consumed.clear()
  await writeAll(EVENTS)
  // The relay of a commit can be faster than the process that waits for it.
  const delays = [...committed].map(([id, at]) => Math.max(0, consumed.get(id)! - at))
  return { p50: percentile(delays, 50), p99: percentile(delays, 99), most: Math.max(...delays) }
}
