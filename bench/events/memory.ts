// The memory of the process that consumes, while very many events go through it.
import { setTimeout as pause } from 'node:timers/promises'
import { memoryBytes } from '../stage/usage.ts'
import type { Consumption, Weight } from './consumption.ts'
import type { Opened } from './events.ts'

/** After each tenth of the events. */
export interface Memory {
  consumer: Weight[]
  /** Resident bytes of the process that publishes and its child, which consumes. */
  publisher: number[]
}

const LOOK_MS = 100
const TENTHS = 10

export async function measureMemory(events: Opened, consumption: Consumption, total: number): Promise<Memory> {
  const figures: Memory = { consumer: [], publisher: [] }
  for (let tenth = 1; tenth <= TENTHS; tenth++) {
    await events.leave(total / TENTHS)
    await events.step()
    let consumed = await consumption.look()
    while (consumed.count < (tenth * total) / TENTHS) {
      await pause(LOOK_MS)
      await events.step()
      consumed = await consumption.look()
    }
    figures.consumer.push(await consumption.weigh())
    figures.publisher.push(memoryBytes(process.pid).resident)
  }
  return figures
}
