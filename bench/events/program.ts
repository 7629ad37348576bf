// Measures one figure in a process of its own, and sends it to its parent. With RABBITMQ_URL, a worker consumes.
import { consumeHere, consumeInWorker } from './consumption.ts'
import { type Delays, measureDelays } from './delays.ts'
import { openEvents } from './events.ts'
import { type Local, measureLocal } from './local.ts'
import { measureMemory, type Memory } from './memory.ts'
import { measurePublishing, type Publishing } from './publishing.ts'

export interface Figures {
  delays: Delays
  local: Local
  memory: Memory
  publishing: Publishing
}

const wanted = process.env['BENCH_FIGURE'] as keyof Figures
const total = Number(process.env['BENCH_EVENTS'])
const isBroker = process.env['RABBITMQ_URL'] !== undefined
// What is only published must stay in the queue.
const hasWorker = isBroker && wanted !== 'publishing'
const options = { keepsTimes: wanted === 'delays' }
const consumption = hasWorker ? await consumeInWorker(options) : consumeHere(options)
const events = openEvents(consumption.consumed)
const measures = {
  delays: () => measureDelays(events, consumption),
  local: () => measureLocal(events, consumption),
  memory: () => measureMemory(events, consumption, total),
  publishing: () => measurePublishing(events),
} satisfies { [Name in keyof Figures]: () => Promise<Figures[Name]> }
process.send!(await measures[wanted]())
await events.close()
await consumption.close()
process.disconnect()
