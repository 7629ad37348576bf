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
