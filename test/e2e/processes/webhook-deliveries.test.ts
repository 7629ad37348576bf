import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { freePort } from '../../support/free-port.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { runSnippet, snippetsOf } from '../../support/snippets.js'
import { until } from '../../support/wait.js'
import { startReceiver, type Receiver, verified, WEBHOOK_ENVIRONMENT, webhooksOf } from '../../support/webhooks.js'

let database: TestDatabase
let receiver: Receiver
let processes: ServiceProcess[]
let webhooks: ReturnType<typeof webhooksOf>
let admin: SignedIn | null = null

/** Starts so many processes in place of the earlier ones. */
async function start(count: number) {
  const env = { ...WEBHOOK_ENVIRONMENT, DATABASE_URL: database.url, REDIS_URL: testRedisUrl() }
  processes = await Promise.all(Array.from({ length: count }, () => startServiceProcess(env)))
  const promote = (email: string) => database.query("UPDATE users SET role = 'ADMIN' WHERE email = ?", [email])
  admin ??= await processes[0]!.signUpAdmin(promote)
  webhooks = webhooksOf({ ...processes[0]!, database }, admin)
}

beforeAll(async () => {
  ;[database, receiver] = await Promise.all([createTestDatabase(), startReceiver()])
  await start(2)
})
afterAll(async () => {
  for (const { kill } of processes) kill('SIGTERM')
  await Promise.all(processes.map(({ finished }) => finished))
  await receiver.stop()
  await database.drop()
})

const TESTS_ONLY = { eventTypes: ['username.released'] }

it('two processes send each delivery once', async () => {
  const { id } = await webhooks.register(`${receiver.url}/shared`, TESTS_ONLY)
  const body = JSON.stringify({ type: 'username.released' })
  const insert = `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, body, status, due_at, created_at)
    VALUES (UUID(), ?, UUID(), 'username.released', ?, 'PENDING', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`
  for (let i = 0; i < 40; i++) await database.query(insert, [id, body])
  await until('all are delivered', async () => {
    await webhooks.set(id, 'paced_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR')
    return (await webhooks.deliveries(id, { first: 100, status: 'DELIVERED' })).length === 40
  })
  const ids = receiver.on('/shared').map((request) => request.id)
  expect([ids.length, new Set(ids).size]).toEqual([40, 40])
})

it('what a process sent when it was killed is sent again by another one, with the same id', async () => {
  receiver.answer('/killed', () => undefined)
  const { id, secret } = await webhooks.register(`${receiver.url}/killed`, TESTS_ONLY)
  // Of the two, only the one that will be killed can send it.
  const [first, second] = processes as [ServiceProcess, ServiceProcess]
  second.kill('SIGTERM')
  await second.finished
  const { eventId } = await webhooks.test(id)
  await until('the request is under way', () => receiver.on('/killed').length === 1)
  first.kill('SIGKILL')
  await first.finished
  receiver.answer('/killed', 200)
  await start(1)
  expect((await webhooks.deliveries(id))[0]).toMatchObject({ status: 'PENDING', attempts: 1 })
  // As if the lease had ended.
  await webhooks.makeDue(id)
  await webhooks.once(id, ({ status }) => status === 'DELIVERED')
  const requests = receiver.on('/killed')
  expect(requests).toHaveLength(2)
  for (const request of requests) {
    expect(request.id).toBe(eventId)
    verified(secret, request)
  }
})

it('the receiver in docs/webhooks.md verifies signatures', async () => {
  const port = await freePort()
  const snippet = snippetsOf('docs/webhooks.md').find(({ language }) => language === 'js')!
  const { id, secret } = await webhooks.register(`http://127.0.0.1:${port}/`, TESTS_ONLY)
  for (const [key, status] of [
    [secret, 'DELIVERED'],
    [`whsec_${Buffer.alloc(32).toString('base64')}`, 'FAILED'],
  ] as const) {
    const program = runSnippet(snippet, { replace: { 3000: String(port) }, env: { WEBHOOK_SECRET: key } })
    await program.listening(`http://127.0.0.1:${port}`)
    await webhooks.test(id)
    const delivery = await until('it has answered', async () => {
      const [newest] = await webhooks.deliveries(id, { first: 1 })
      return newest!['status'] === 'PENDING' ? null : newest
    })
    expect(delivery).toMatchObject({ status, lastResponseStatus: status === 'FAILED' ? 400 : 204 })
    if (status === 'DELIVERED') await program.until('it prints', () => Promise.resolve(program.output() !== ''))
    await program.terminate()
  }
})
