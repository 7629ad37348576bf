// Registrations and logouts while RabbitMQ, workers and MariaDB are killed, and every effect counted.
import { setTimeout as pause } from 'node:timers/promises'
import type { RowDataPacket } from 'mysql2/promise'
import { whole } from '../report/statistics.ts'
import { countDeadLetters, poison } from '../outages/dead-letters.ts'
import { type Deployment, startDeployment } from '../outages/deployment.ts'
import { type Explanations, missing, readCommitted } from '../outages/effects.ts'
import { faults } from '../outages/faults.ts'
import { createMailServers } from '../outages/mail-servers.ts'
import { createPeople } from '../outages/people.ts'
import { report } from '../outages/report.ts'
import { startWebhookReceiver } from '../outages/webhook-receiver.ts'
import { registerWebhooks } from '../outages/webhooks.ts'
import type { Measure } from './part.ts'

/** Queues must have been used for so long before RabbitMQ is killed: see faults.ts. */
const USED_MS = 20_000
const LOOK_MS = 500
/** Longer than the lease of a webhook's delivery, and the pause after its first failure. */
const PATIENCE_MS = 150_000

async function isIdle({ database }: Deployment): Promise<boolean> {
  const [[row]] = await database.query<RowDataPacket[]>(
    `SELECT EXISTS (SELECT 1 FROM outbox WHERE published_at IS NULL)
       OR EXISTS (SELECT 1 FROM webhook_deliveries WHERE status = 'PENDING') AS busy`,
  )
  return Number(row?.['busy']) === 0
}

export const outages: Measure = async ({ stage, note, changes }) => {
  note('starting servers, a service and two workers')
  const mailServers = createMailServers()
  const receiver = await startWebhookReceiver()
  const deployment = await startDeployment(stage, mailServers)
  const { database, url, rabbitmq } = deployment
  await registerWebhooks(url, { database, jwtSecret: stage.secrets.JWT_SECRET, receiver })
  const people = createPeople(url)
  const { mails } = mailServers
  const explanations: Explanations = { mails: new Set(), webhooks: new Set() }
  const refused = new Set<string>()
  const scene = {
    ...{ deployment, mails, explanations },
    poison: async () => void refused.add(await poison(rabbitmq.url, people)),
  }

  let isOver = false
  const begun = performance.now()
  const coming = people.come(() => isOver)
  const happened: string[] = []
  await pause(USED_MS)
  for (const { title, after, run } of faults) {
    while (people.changes() < after * changes) {
      note(`${whole(people.changes())} of ${whole(changes)} people`)
      await pause(LOOK_MS)
    }
    note(`${whole(people.changes())} of ${whole(changes)} people: ${title}`)
    await run(scene)
    happened.push(title)
  }
  while (people.changes() < changes) {
    note(`${whole(people.changes())} of ${whole(changes)} people`)
    await pause(LOOK_MS)
  }
  isOver = true
  await coming
  const ended = performance.now()

  const committed = await readCommitted(database)
  const seen = { mails, webhooks: receiver.webhooks }
  const left = () => Object.values(missing(committed, seen, refused)).reduce((sum, { length }) => sum + length, 0)
  let [latest, lowest] = [performance.now(), Infinity]
  while (performance.now() - latest < PATIENCE_MS) {
    const now = left()
    note(`waiting for ${whole(now)} effects`)
    if (now < lowest) [latest, lowest] = [performance.now(), now]
    if (now === 0 && (await isIdle(deployment))) break
    await pause(LOOK_MS)
  }
  const deadLetters = await countDeadLetters(rabbitmq.url)
  people.close()
  await deployment.stop()
  return report({
    ...{ people, committed, mails, receiver, explanations, refused, deadLetters, happened },
    ...{ seconds: (ended - begun) / 1000, secondsAfter: Math.max(0, latest - ended) / 1000 },
  })
}
