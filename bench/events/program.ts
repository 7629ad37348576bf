// A process that writes, relays and consumes events, and measures it. parts/events.ts starts it and gets its figures.
import { setTimeout as pause } from 'node:timers/promises'
import type { createEvents as CreateEvents } from '../../src/app/events.ts'
import type { createStores as CreateStores } from '../../src/app/stores.ts'
import type { readConfig as ReadConfig } from '../../src/config/index.ts'
import type { createLogger as CreateLogger } from '../../src/platform/logger.ts'
import type { createMetrics as CreateMetrics } from '../../src/platform/metrics.ts'
import type { AnyNewEvent } from '../../src/services/events/index.ts'
import { percentile } from '../report/statistics.ts'
import { built } from '../stage/built.ts'
import { idOf } from '../stage/schemas.ts'
import { memoryBytes } from '../stage/usage.ts'

export interface Figures {
  /** From the commit to the consumer, in milliseconds. */
  delay: { p50: number; p99: number; most: number }
  publishedPerSecond: number
  processedPerSecond: number
  /** Resident bytes after a tenth of the events, and after all of them. */
  memory: { early: number; late: number }
}

const { createStores } = (await built('app/stores.js')) as { createStores: typeof CreateStores }
const { createEvents } = (await built('app/events.js')) as { createEvents: typeof CreateEvents }
const { readConfig } = (await built('config/index.js')) as { readConfig: typeof ReadConfig }
const { createLogger } = (await built('platform/logger.js')) as { createLogger: typeof CreateLogger }
const { createMetrics } = (await built('platform/metrics.js')) as { createMetrics: typeof CreateMetrics }

const USERS = 1000
const DELAYS = 1500
const PER_SECOND = 100
/** How many are left for the relay when its throughput is measured. */
const LEFT = 10_000
const AT_ONCE = 8

const total = Number(process.env['BENCH_EVENTS'])
const config = readConfig()
const metrics = createMetrics()
const logger = createLogger('silent')
const stores = createStores({ config, logger, metrics })
const events = createEvents({ config, stores, logger, metrics, tracing: null })

const committed = new Map<string, number>()
const delays: number[] = []
let consumed = 0
events.consumers.push({
  name: 'bench',
  types: ['user.profile_updated'],
  send({ id }) {
    consumed += 1
    const at = committed.get(id)
    if (at !== undefined) delays.push(performance.now() - at)
    committed.delete(id)
    return Promise.resolve()
  },
})

/** As `updateProfile` does, without its change. */
async function write(i: number): Promise<string> {
  const event: AnyNewEvent = { type: 'user.profile_updated', data: { fields: ['firstName'] } }
  const [id] = await stores.mysqlTransaction((tx) => events.trail.record(tx, idOf(1 + (i % USERS)), event))
  return id!
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) {
    await events.step()
    await pause(20)
  }
}

async function measureDelays(): Promise<Figures['delay']> {
  const writing: Promise<void>[] = []
  const timed = async (i: number) => void committed.set(await write(i), performance.now())
  for (let i = 0; i < DELAYS; i++) {
    writing.push(timed(i))
    await pause(1000 / PER_SECOND)
  }
  await Promise.all(writing)
  const end = consumed + committed.size
  await until(() => consumed >= end)
  return { p50: percentile(delays, 50), p99: percentile(delays, 99), most: Math.max(...delays) }
}

/** Published into the queue, and then processed. The rows are there before. */
async function measureThroughput(): Promise<Pick<Figures, 'publishedPerSecond' | 'processedPerSecond'>> {
  await stores.write(
    `INSERT INTO outbox (id, type, user_id, seq, at, data)
     SELECT UUID(), 'user.profile_updated', ?, seq, UTC_TIMESTAMP(3), '{"fields":["firstName"]}' FROM seq_1_to_${LEFT}`,
    [idOf(USERS + 1)],
  )
  const before = consumed
  const began = performance.now()
  await events.step()
  const published = performance.now() - began
  await until(() => consumed >= before + LEFT)
  const processed = performance.now() - began
  return { publishedPerSecond: (LEFT * 1000) / published, processedPerSecond: (LEFT * 1000) / processed }
}

async function measureMemory(): Promise<Figures['memory']> {
  const before = consumed
  let written = 0
  let early = 0
  const line = async () => {
    while (written < total) {
      await write(written++)
      // Not faster than the consumer: the queue is in the database, but this measures the process.
      while (written - (consumed - before) > 1000) await pause(5)
      if (early === 0 && consumed - before > total / 10) early = memoryBytes(process.pid).resident
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, line))
  await until(() => consumed >= before + total)
  return { early, late: memoryBytes(process.pid).resident }
}

// Compiled, and with open connections.
for (let i = 0; i < 500; i++) await write(i)
await until(() => consumed >= 500)
const delay = await measureDelays()
const figures: Figures = { delay, ...(await measureThroughput()), memory: await measureMemory() }
process.send!(figures)
await events.close()
await stores.close()
process.disconnect()
