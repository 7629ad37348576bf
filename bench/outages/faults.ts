// The faults, in their order, and what each of them explains.
import { setTimeout as pause } from 'node:timers/promises'
import type { RowDataPacket } from 'mysql2/promise'
import type { Arrivals } from './arrivals.ts'
import type { Deployment } from './deployment.ts'
import type { Explanations } from './effects.ts'

export interface Scene {
  deployment: Deployment
  mails: Arrivals
  explanations: Explanations
  /** Puts a message into the queues that no consumer can process, and an event whose mail is refused. */
  poison: () => Promise<void>
}

export interface Fault {
  title: string
  /** The share of the changes after which it happens. */
  after: number
  run: (scene: Scene) => Promise<void>
}

const DOWN_MS = 2000
/** Much longer than a request to the receiver takes: what the other workers had claimed is settled by then. */
const SETTLED_MS = 3000
/** A worker sends so many mails at once: CONSUMERS. */
const MAILS_AT_ONCE = 5

/** What a worker that was killed had sent, or was sending, is explained if it arrives again. */
async function killWorker({ deployment, mails, explanations }: Scene): Promise<void> {
  const { database } = deployment
  const [[now]] = await database.query<RowDataPacket[]>('SELECT UTC_TIMESTAMP(3) AS at')
  const { name } = await deployment.killWorker()
  for (const id of mails.lastOf(name, MAILS_AT_ONCE)) explanations.mails.add(id)
  await pause(SETTLED_MS)
  // Claimed before the kill, and still not settled although their requests have ended.
  const [held] = await database.query<RowDataPacket[]>(
    `SELECT event_id AS id FROM webhook_deliveries WHERE status = 'PENDING' AND attempts > 0
     AND last_attempt_at < ? + INTERVAL 1 SECOND`,
    [now?.['at']],
  )
  for (const { id } of held) explanations.webhooks.add(String(id))
  await deployment.addWorker()
  await deployment.connected()
}

async function killRabbitmq({ deployment }: Scene): Promise<void> {
  await deployment.rabbitmq.kill()
  await pause(DOWN_MS)
  await deployment.rabbitmq.restart()
  await deployment.connected()
}

async function killMariadb({ deployment }: Scene): Promise<void> {
  await deployment.mariadb.kill()
  await pause(DOWN_MS)
  await deployment.mariadb.restart()
  await deployment.connected()
}

const worker = (after: number): Fault => ({ title: 'a worker is killed, and another started', after, run: killWorker })
const rabbitmq = (after: number): Fault => ({
  title: 'RabbitMQ is killed, and started again',
  after,
  run: killRabbitmq,
})

/** The first kill of RabbitMQ is late: version 3.10 can lose the leader of a quorum queue that was declared just before. */
export const faults: Fault[] = [
  worker(0.05),
  {
    title: 'poison: a message that is no event, and a mail that is refused',
    after: 0.1,
    run: ({ poison }) => poison(),
  },
  rabbitmq(0.2),
  worker(0.3),
  { title: 'MariaDB is killed, and started again', after: 0.4, run: killMariadb },
  rabbitmq(0.5),
  worker(0.6),
  worker(0.7),
  rabbitmq(0.8),
  worker(0.9),
]
