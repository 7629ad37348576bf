// How many events a second go through the queues in the database.
import { setTimeout as pause } from 'node:timers/promises'
import type { Consumption } from './consumption.ts'
import type { Opened } from './events.ts'

export interface Local {
  publishedPerSecond: number
  processedPerSecond: number
}

const EVENTS = 10_000
const LOOK_MS = 10

export async function measureLocal(events: Opened, consumption: Consumption): Promise<Local> {
  await events.leave(EVENTS)
  const before = (await consumption.look()).count
  const begun = performance.now()
  await events.step()
  const published = performance.now() - begun
  while ((await consumption.look()).count < before + EVENTS) {
    await events.step()
    await pause(LOOK_MS)
  }
  const processed = performance.now() - begun
  return { publishedPerSecond: (EVENTS * 1000) / published, processedPerSecond: (EVENTS * 1000) / processed }
}
