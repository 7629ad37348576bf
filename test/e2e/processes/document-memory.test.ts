import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'

let database: TestDatabase
let service: ServiceProcess

beforeAll(async () => {
  database = await createTestDatabase()
  service = await startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), LOG_LEVEL: 'info' })
})
afterAll(async () => {
  service.kill('SIGTERM')
  await service.finished
  await database.drop()
})

const megabytes = () => {
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** About as large as the limits allow, and different each time. */
function document(n: number): string {
  const fields = Array.from({ length: 49 }, (_, i) => `field_${n}_${i}_${'x'.repeat(40)}: __typename`)
  const comments = '#\n'.repeat(1000)
  return `query Q${n} { ${fields.join(' ')} ${'__typename '.repeat(1)} }\n${comments}`
}

it.runIf(process.platform === 'linux')(
  'thousands of different documents do not fill the memory',
  async () => {
    const send = async (n: number) => {
      const { status } = await service.graphql(document(n))
      expect(status).toBe(200)
    }
    for (let n = 0; n < 1500; n += 50) await Promise.all(Array.from({ length: 50 }, (_, i) => send(n + i)))
    expect(megabytes()).toBeLessThan(450)
  },
  120_000,
)

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

it('a health check does not wait for all of 32 connections whose documents are expensive', async () => {
  let serial = 100_000
  let sending = 32
  const documents: number[] = []
  const connection = async () => {
    for (let n = 0; n < 15; n++) documents.push(await milliseconds(() => service.graphql(document(serial++))))
    sending -= 1
  }
  const health: number[] = []
  const observe = async () => {
    while (sending > 0) health.push(await milliseconds(async () => (await fetch(`${service.url}/health/live`)).text()))
  }
  await Promise.all([...Array.from({ length: 32 }, connection), observe()])
  // Without turns, it takes as long as they do.
  expect(median(health)).toBeLessThan(median(documents) / 3)
})
