import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startPrefork } from '../../support/prefork.js'
import { startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), SHUTDOWN_DELAY: '5' }
})
afterAll(() => database.drop())

const readiness = async (url: string, path: string) =>
  (await fetch(url + path, { headers: { connection: 'close' } })).status

interface Running {
  url: string
  isAvailable: (username: string) => Promise<boolean>
  stop: () => void
  finished: Promise<{ code: number | null }>
}

/** Sends requests over new connections until one is refused. Returns how many were answered after `mark()`. */
function startClients({ isAvailable }: Running) {
  const failures: unknown[] = []
  let [marked, answered] = [false, 0]
  const clients = Array.from({ length: 4 }, async () => {
    for (;;) {
      try {
        await isAvailable('ada')
        if (marked) answered += 1
        // Leaves the processor to the service.
        await pause(10)
      } catch (error) {
        // Refused, or reset by the kernel before it was accepted. No other failure may happen.
        const { code, syscall } = (error as { cause?: { code?: string; syscall?: string } }).cause ?? {}
        if (code !== 'ECONNREFUSED' && !(code === 'ECONNRESET' && syscall === 'connect')) failures.push(error)
        return
      }
    }
  })
  return { failures, mark: () => (marked = true), answered: () => answered, end: () => Promise.all(clients) }
}

/** Stops the service under load, and checks what a balancer and its clients see. */
async function expectOrderlyEnd(service: Running): Promise<void> {
  await until('it is ready', async () => (await readiness(service.url, '/readyz')) === 200)
  const clients = startClients(service)
  service.stop()
  await until('it is not ready', async () => (await readiness(service.url, '/readyz')) === 503)
  expect(await readiness(service.url, '/health/ready')).toBe(503)
  expect(await readiness(service.url, '/livez')).toBe(200)
  clients.mark()
  await until('it still answers', () => clients.answered() > 0)
  expect((await service.finished).code).toBe(0)
  await clients.end()
  expect(clients.failures).toEqual([])
}

describe('SHUTDOWN_DELAY', () => {
  it('keeps a service answering that is not ready any more, and then fails no accepted request', async () => {
    const service = await startServiceProcess(env)
    await expectOrderlyEnd({ ...service, stop: () => service.kill('SIGTERM') })
  })

  it('does the same in every process of a prefork group', async () => {
    const group = await startPrefork({ ...env, PREFORK: '2' })
    await expectOrderlyEnd({ ...group, stop: () => group.signal('SIGTERM') })
  })
})
