import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { type PrivateServer, privateMariadb, privateRabbitmq } from '../../support/servers.js'
import { type SmtpTestServer, startSmtpServer } from '../../support/smtp-server.js'
import { until } from '../../support/wait.js'
import { startReceiver, type Receiver, WEBHOOK_ENVIRONMENT, webhooksOf } from '../../support/webhooks.js'

let mariadb: PrivateServer
let rabbitmq: PrivateServer
let database: TestDatabase
let smtp: SmtpTestServer
let receiver: Receiver
let service: ServiceProcess
let worker: ServiceProcess

/** What was acknowledged: email addresses of accounts, and ids of sessions. */
const registered = new Set<string>()
const ended = new Set<string>()

const start = (role: string) =>
  startServiceProcess({
    ...{ ROLE: role, DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), RABBITMQ_URL: rabbitmq.url },
    ...{ ...WEBHOOK_ENVIRONMENT, WEBHOOK_RATE: '6000', SMTP_URL: smtp.url },
    ...{ MAIL_FROM: 'auth@example.com', APP_URL: 'https://auth.example.com' },
  })

async function startWorker(): Promise<void> {
  worker = await start('worker')
  await until('the worker is connected', async () => (await fetch(`${worker.url}/readyz`)).ok)
}

/** Someone registers and signs out. While the database is down, that fails. */
async function someone(): Promise<void> {
  const account = await service.register()
  registered.add(account.email)
  const { token } = await service.login(account)
  await service.succeed('mutation { logout }', {}, token)
  const [, claims = ''] = token.split('.')
  ended.add((JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sid: string }).sid)
}

const come = (count: number) => Promise.allSettled(Array.from({ length: count }, someone))

interface Delivered {
  type: string
  data: { sessionId: string | null; email: string }
}

const delivered = () => receiver.on('/').map(({ id, body }) => ({ id, ...(JSON.parse(body) as Delivered) }))

const repeated = (ids: readonly string[]) => new Set(ids.filter((id, i) => ids.indexOf(id) !== i))
const messageIds = () => smtp.mails.map(({ headers }) => headers.get('message-id')!)
const eventOf = (messageId: string) => messageId.slice(1).split('.')[0]!

beforeAll(async () => {
  ;[mariadb, rabbitmq, smtp, receiver] = await Promise.all([
    ...([privateMariadb(), privateRabbitmq()] as const),
    ...([startSmtpServer(), startReceiver()] as const),
  ])
  database = await createTestDatabase({ server: mariadb.url })
  service = await start('service')
  await startWorker()
  const admin = await service.signUpAdmin((email) =>
    database.query("UPDATE users SET role = 'ADMIN' WHERE email = ?", [email]),
  )
  const webhooks = webhooksOf({ ...service, database }, admin)
  await webhooks.register(`${receiver.url}/`, { eventTypes: ['user.registered', 'session.revoked'] })
})
afterAll(async () => {
  for (const one of [service, worker]) one.kill('SIGTERM')
  await Promise.all([service.finished, worker.finished])
  await Promise.all([smtp.close(), receiver.stop(), mariadb.remove(), rabbitmq.remove()])
})

it('every acknowledged change has its mail and its webhook, and only what a killed worker held comes twice', async () => {
  await come(20)

  let coming = come(20)
  const sent = smtp.mails.length
  await until('the worker is sending', () => smtp.mails.length > sent + 2)
  worker.kill('SIGKILL')
  await worker.finished
  const held = await database.query<{ id: string }>(
    "SELECT event_id AS id FROM webhook_deliveries WHERE status = 'PENDING' AND attempts > 0",
  )
  const noted = await database.query<{ id: string }>(
    "SELECT event_id AS id FROM processed_events WHERE consumer = 'mail'",
  )
  const unnoted = messageIds().filter((id) => !noted.some((one) => one.id === eventOf(id)))
  // As if the leases of the killed worker had ended.
  await database.query(
    "UPDATE webhook_deliveries SET due_at = UTC_TIMESTAMP(3) WHERE status = 'PENDING' AND attempts > 0",
  )
  await startWorker()
  await coming

  coming = come(20)
  await rabbitmq.kill()
  await coming
  await rabbitmq.restart()

  coming = come(20)
  await until('some have registered', () => registered.size >= 63)
  await mariadb.kill()
  await coming
  await mariadb.restart()
  await until('people can register again', () =>
    someone().then(
      () => true,
      () => false,
    ),
  )

  await until('everyone has a mail', () => [...registered].every((email) => smtp.to(email).length > 0))
  await until('every registration and logout has a webhook', () => {
    const events = delivered()
    const emails = new Set(events.filter(({ type }) => type === 'user.registered').map(({ data }) => data.email))
    const sessions = new Set(events.map(({ data }) => data.sessionId))
    return [...registered].every((email) => emails.has(email)) && [...ended].every((id) => sessions.has(id))
  })
  await until('nothing waits', async () => {
    const waiting = await database.query(
      `SELECT 1 FROM outbox WHERE published_at IS NULL
       UNION ALL SELECT 1 FROM webhook_deliveries WHERE status = 'PENDING'`,
    )
    return waiting.length === 0
  })
  const heldIds = new Set(held.map(({ id }) => id))
  expect([...repeated(delivered().map(({ id }) => id))].filter((id) => !heldIds.has(id))).toEqual([])
  expect([...repeated(messageIds())].filter((id) => !unnoted.includes(id))).toEqual([])
  // A mail that comes twice has the same code.
  for (const id of repeated(messageIds()))
    expect(
      new Set(smtp.mails.filter(({ headers }) => headers.get('message-id') === id).map(({ text }) => text)).size,
    ).toBe(1)
})
