import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Client, credentials } from '@grpc/grpc-js'
import { grpcClient } from '@postern/proto/grpc-client'
import { NotificationCategory, NotificationService } from '@postern/proto/notification'
import { v7 as uuidv7 } from 'uuid'
import { expect, it } from 'vitest'
import { isServing } from '../../../tools/launch/grpc-health.mjs'
import { connect, metadata } from '../../support/grpc.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { freePort } from '../../support/free-port.js'
import { startProgram } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { type SmtpTestServer, startSmtpServer } from '../../support/smtp-server.js'
import { until } from '../../support/wait.js'

const STATUS = { unknown: 0, serving: 1, notServing: 2 }

const AUTH_KEY = 'test-service-key-0123456789abcdef0123456789'

/** Of a program that is being started. */
function watch({ child, finished }: ReturnType<typeof startProgram>) {
  const lines: Record<string, unknown>[] = []
  createInterface(child.stdout!).on('line', (line) => lines.push(JSON.parse(line) as Record<string, unknown>))
  const port = until('it listens', () => lines.find(({ msg }) => msg === 'listening')).then((line) =>
    Number(line['grpcPort']),
  )
  return { child, finished, lines, port }
}

/** Kills the process when the mail server has taken its mail, and before it can note that. */
async function dieAfterSending(child: ChildProcess, port: number, smtp: SmtpTestServer, email: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  smtp.answers.data = async () => {
    child.kill('SIGKILL')
    await ended
  }
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  await grpcClient(NotificationService, client).sendNotification(
    {
      ...{ recipient: { email }, category: NotificationCategory.SECURITY, title: 'Notice', body: 'Text.' },
      idempotencyKey: 'notice',
    },
    { metadata: metadata({ 'postern-service': `auth:${AUTH_KEY}` }) },
  )
  await until('it was sent', () => smtp.to(email).length === 1)
  client.close()
  delete smtp.answers.data
}

/** The next process sends it again, and names it as before: mail programs show it once. */
async function sendsItAgain(smtp: SmtpTestServer, email: string, database: TestDatabase): Promise<void> {
  // As if the time that the process had for it were over.
  await database.query("UPDATE deliveries SET due_at = UTC_TIMESTAMP(3) WHERE status = 'PENDING'")
  await until('it is noted', async () => {
    const rows = await database.query<{ status: string }>('SELECT status FROM deliveries')
    return rows.length === 1 && rows[0]?.status === 'DELIVERED'
  })
  const ids = smtp.to(email).map(({ headers }) => headers.get('message-id'))
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(1)
}

it.each(['consent', 'notification'] as const)(
  '%s migrates, starts, is healthy, goes on with what a killed process had begun, drains and ends on SIGTERM',
  async (name) => {
    const prefix = name.toUpperCase()
    const database = await createTestDatabase({ migrate: false })
    const metricsPort = await freePort()
    const smtp = name === 'notification' ? await startSmtpServer() : null
    const mail = smtp && {
      ...{ SMTP_URL: smtp.url, MAIL_FROM: 'postern@example.com', APP_URL: 'https://app.example.com' },
      SERVICE_KEYS: `auth=${AUTH_KEY}`,
    }
    const env = {
      ...mail,
      ...{ NODE_ENV: 'test', JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET, REDIS_URL: testRedisUrl(), SHUTDOWN_DELAY: '1' },
      ...{ [`${prefix}_DATABASE_URL`]: database.url, [`${prefix}_GRPC_PORT`]: '0' },
      ...{
        [`${prefix}_METRICS_PORT`]: String(metricsPort),
        [`${prefix}_KEY`]: 'test-program-key-0123456789abcdef0123456789',
      },
    }
    const run = (file: string, args: string[] = [], more = {}) =>
      startProgram(`../services/${name}/dist/${file}`, args, { ...env, ...more })

    const failed = [run('main.js'), run('main.js', [], { [`${prefix}_KEY`]: 'short' })].map(({ finished }) => finished)
    const [early, wrong] = await Promise.all(failed)
    expect([early?.code, early?.stderr]).toEqual([1, expect.stringContaining('migrate') as string])
    expect([wrong?.code, wrong?.stderr]).toEqual([1, expect.stringContaining(`${prefix}_KEY must be`) as string])

    const migrated = await run('cli.js', ['migrate']).finished
    expect(migrated).toMatchObject({ code: 0, stdout: expect.stringContaining('Applied: ') as string })

    const email = 'ada@example.com'
    if (smtp) {
      const killed = watch(run('main.js'))
      await dieAfterSending(killed.child, await killed.port, smtp, email)
    }
    const { child, finished, lines, port: listening } = watch(run('main.js'))
    const port = await listening
    if (smtp) await sendsItAgain(smtp, email, database)
    expect(await isServing(port)).toBe(true)
    const probe = (path: string) => fetch(`http://127.0.0.1:${metricsPort}${path}`).then(({ status }) => status)
    expect([await probe('/livez'), await probe('/readyz'), await probe('/metrics')]).toEqual([200, 200, 200])

    const client = connect(port)
    const health = async () => (await client.health.check({ service: '' })).status as number
    expect(await health()).toBe(STATUS.serving)
    child.kill('SIGTERM')
    await until('it drains', async () => (await health()) === STATUS.notServing)
    expect([await probe('/readyz'), await isServing(port)]).toEqual([503, false])
    client.close()
    expect(await finished).toMatchObject({ code: 0, stderr: '' })
    expect(lines.at(-1)).toMatchObject({ msg: 'stopped' })

    const events = [uuidv7(), uuidv7()]
    for (const [i, id] of events.entries()) {
      await database.query(
        "INSERT INTO outbox (id, type, user_id, seq, at, data, published_at) VALUES (?, 'thing.done', ?, ?, NOW(3), '{}', NOW(3))",
        [id, events[0], i + 1],
      )
      await database.query(
        "INSERT INTO event_deliveries (consumer, event_id, attempts, due_at, dead_at, reason) VALUES ('test', ?, 3, NOW(3), NOW(3), 'refused')",
        [id],
      )
    }
    const command = async (...args: string[]) => {
      const { code, stdout, stderr } = await run('cli.js', args).finished
      return [code, stdout + stderr]
    }
    const listed = await command('dlq', 'list')
    expect(listed).toEqual([0, expect.stringMatching(/^CONSUMER +EVENT .+\n(test .+ thing\.done +3 .+ refused\n){2}$/)])
    expect(await command('dlq', 'retry', 'test', events[0]!)).toEqual([0, 'In the queue again: 1\n'])
    expect(await command('dlq', 'drop', 'test', '--all')).toEqual([0, 'Dropped: 1\n'])
    expect(await command('dlq')).toEqual([1, expect.stringMatching(`npm run ${name} -- <command>[^]*dlq retry`)])
    await smtp?.close()
    await database.drop()
  },
)
