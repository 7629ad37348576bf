// What the proof runs on: private servers, a service, and two workers that can be killed.
import { join } from 'node:path'
import { createPool, type Pool } from 'mysql2/promise'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { startMariadb } from '../../tools/launch/mariadb.mjs'
import { migrateAll } from '../../tools/launch/migrate.mjs'
import { ensurePrograms } from '../../tools/launch/programs.mjs'
import { startRabbitmq } from '../../tools/launch/rabbitmq.mjs'
import { startRedis } from '../../tools/launch/redis.mjs'
import { type Candidate, startCandidate } from '../stage/candidate.ts'
import type { Stage } from '../stage/stage.ts'
import { until } from '../stage/until.ts'
import type { MailServers } from './mail-servers.ts'

export interface Worker {
  name: string
  candidate: Candidate
}

export type Deployment = Awaited<ReturnType<typeof startDeployment>>

const WORKERS = 2

/** Events are the load, not hashes. Each webhook gets as much as can be configured. */
const SETTINGS = {
  ...{ ARGON2_MEMORY_KIB: '1024', ARGON2_TIME_COST: '1' },
  ...{ OUTBOUND_ALLOWED_HOSTS: '127.0.0.1', WEBHOOK_RATE: '6000' },
  ...{ MAIL_FROM: 'Postern <auth@example.com>', APP_URL: 'https://auth.example.com' },
}

/** MariaDB and RabbitMQ keep what they have acknowledged when they are killed. */
async function startServers(folder: string) {
  await ensurePrograms(['rabbitmq'])
  const settings = ['--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=256M']
  const [mariadb, redis, rabbitmq] = await Promise.all([
    startMariadb({ dir: join(folder, 'outages-mariadb'), throwAway: true, settings }),
    startRedis({ dir: join(folder, 'outages-redis'), throwAway: true }),
    startRabbitmq({ dir: join(folder, 'outages-rabbitmq') }),
  ])
  onStop(() => Promise.all([mariadb.kill(), redis.kill(), rabbitmq.kill()]))
  const urls = { DATABASE_URL: mariadb.url, REDIS_URL: redis.url }
  await migrateAll([], { ...process.env, ...urls }, () => undefined)
  return { mariadb, rabbitmq, urls: { ...urls, RABBITMQ_URL: rabbitmq.url } }
}

const isReady = (url: string) =>
  fetch(new URL('/readyz', url)).then(
    async (response) => response.ok && ((await response.json()) as { rabbitmq?: string }).rabbitmq === 'up',
    () => false,
  )

export async function startDeployment(stage: Stage, mailServers: MailServers) {
  const { mariadb, rabbitmq, urls } = await startServers(stage.files)
  const database: Pool = createPool({ uri: mariadb.url, connectionLimit: 4 })
  // A connection that MariaDB ended is replaced by the next query.
  database.on('connection', (connection) => connection.on('error', () => undefined))
  const env = { ...stage.secrets, ...urls, ...SETTINGS }
  let serial = 0

  async function startWorker(): Promise<Worker> {
    const name = `worker ${++serial}`
    const own = { ROLE: 'worker', SMTP_URL: await mailServers.open(name) }
    const candidate = await startCandidate({ name, file: 'dist/main.js', env: { ...env, ...own } })
    return { name, candidate }
  }

  // It declares the mail consumer, whose mails only workers send.
  const own = { SMTP_URL: await mailServers.open('the service') }
  const service = await startCandidate({ name: 'Postern', file: 'dist/main.js', env: { ...env, ...own } })
  const workers = await Promise.all(Array.from({ length: WORKERS }, startWorker))

  async function connected(): Promise<void> {
    for (const { url } of [service, ...workers.map(({ candidate }) => candidate)])
      await until('every process is connected to RabbitMQ', () => isReady(url))
  }
  await connected()

  return {
    mariadb,
    rabbitmq,
    database,
    url: service.url,
    connected,
    /** Kills the worker that was started first. Returns it. */
    async killWorker(): Promise<Worker> {
      const worker = workers.shift()!
      process.kill(worker.candidate.pid, 'SIGKILL')
      await worker.candidate.stop()
      return worker
    },
    async addWorker(): Promise<void> {
      workers.push(await startWorker())
    },
    async stop(): Promise<void> {
      await Promise.all([service, ...workers.map(({ candidate }) => candidate)].map((each) => each.stop()))
      await database.end()
    },
  }
}
