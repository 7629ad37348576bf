import { randomUUID } from 'node:crypto'
import { NotificationCategory as Category, NotificationChannel as Channel } from '@postern/proto/notification'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { program } from '../../../services/notification/src/program.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { asService } from '../../support/service-keys.js'
import { type PrivateServer, privateMariadb, privateRedis } from '../../support/servers.js'
import { smtpError, startSmtpServer, type SmtpTestServer } from '../../support/smtp-server.js'
import { startUpstreamServices, type UpstreamServices } from '../../support/upstream-services.js'
import { until } from '../../support/wait.js'

let mariadb: PrivateServer
let redis: PrivateServer
let database: TestDatabase
let upstreams: UpstreamServices
let smtp: SmtpTestServer
let service: Notification

/**
 * The service promises five seconds for security notices, after what was away is back. A busy machine gets more, and less than the
 * next pause of what has failed three times.
 */
const SOON = { seconds: 12 }

const start = () =>
  startNotification(
    {
      ...{ SMTP_URL: smtp.url, AUTH_GRPC_URL: upstreams.url, CONSENT_GRPC_URL: upstreams.url },
      ...{ REDIS_URL: redis.url, DATABASE_TIMEOUT: '2' },
    },
    { database },
  )

beforeAll(async () => {
  ;[mariadb, redis, upstreams, smtp] = await Promise.all([
    ...([privateMariadb(), privateRedis()] as const),
    ...([startUpstreamServices(), startSmtpServer()] as const),
  ])
  database = await createTestDatabase({ migrations: program.migrations, server: mariadb.url })
  service = await start()
})
afterEach(() => {
  delete smtp.answers.rcpt
  delete smtp.answers.data
})
afterAll(async () => {
  await service.stop()
  upstreams.stop()
  await Promise.all([smtp.close(), mariadb.remove(), redis.remove()])
})

function person() {
  const [userId, address] = [randomUUID(), `${randomUUID()}@example.com`]
  upstreams.contacts.set(userId, { email: address, emailVerified: true, disabled: false })
  return { userId, address }
}

const request = (userId: string, category: Category) => ({
  ...{ userId, category, title: 'Notice', body: 'Text.', channels: [Channel.EMAIL, Channel.IN_APP] },
  idempotencyKey: randomUUID(),
})

/** Until it is stored, as a sender does: with the same key, which makes repeated calls one notification. */
const insist = (what: object) =>
  until('it is stored', () => service.rpc.sendNotification(what, asService()).catch(() => null), { every: 100 })

/** What arrived at an address, by Message-ID: those of duplicates are the same. */
const arrived = (address: string) => {
  const mails = smtp.to(address)
  return { mails: mails.length, ids: new Set(mails.map(({ headers }) => headers.get('message-id'))).size }
}

describe('nothing is lost', () => {
  it('while the mail server is away, and security notices arrive soon after it is back', async () => {
    smtp.answers.rcpt = () => {
      throw smtpError(451, 'try again')
    }
    const people = Array.from({ length: 10 }, person)
    for (const { userId } of people) await service.rpc.sendNotification(request(userId, Category.SECURITY), asService())
    const later = person()
    await service.rpc.sendNotification(request(later.userId, Category.SYSTEM), asService())
    // Long enough that their own pauses are longer than the promise.
    await until('each was tried several times', async () => {
      const [row] = await database.query<{ least: number }>(
        "SELECT MIN(attempts) AS least FROM deliveries WHERE channel = 'EMAIL' AND lane = 'SECURITY'",
      )
      return Number(row?.least) >= 3
    })
    delete smtp.answers.rcpt
    await until('all have arrived', () => people.every(({ address }) => arrived(address).mails > 0), SOON)
    for (const { address } of people) expect(arrived(address)).toEqual({ mails: 1, ids: 1 })
    await until('the other one has arrived', () => arrived(later.address).mails === 1)
  })

  it('while the account service does not know where to send it', async () => {
    const { userId, address } = person()
    upstreams.state.isUp = false
    await service.rpc.sendNotification(request(userId, Category.SECURITY), asService())
    await until('it was tried', async () => {
      const [row] = await database.query<{ attempts: number }>(
        "SELECT attempts FROM deliveries WHERE user_id = ? AND channel = 'EMAIL'",
        [userId],
      )
      return (row?.attempts ?? 0) > 0
    })
    upstreams.state.isUp = true
    await until('it has arrived', () => arrived(address).mails === 1, SOON)
  })

  it('while the database is away, and each is sent once or with the same id', async () => {
    const people = Array.from({ length: 30 }, person)
    const [before, during] = [people.slice(0, 15), people.slice(15)]
    for (const { userId } of before) await insist(request(userId, Category.SECURITY))
    await mariadb.kill()
    const calls = during.map(({ userId }) => insist(request(userId, Category.SECURITY)))
    await mariadb.restart()
    await until('all have arrived', () => people.every(({ address }) => arrived(address).mails > 0), SOON)
    await Promise.all(calls)
    for (const { address } of people) expect(arrived(address).ids).toBe(1)
    const [row] = await database.query<{ stored: number }>(
      `SELECT COUNT(*) AS stored FROM notifications WHERE user_id IN (${people.map(() => '?').join(', ')})`,
      people.map(({ userId }) => userId),
    )
    expect(Number(row?.stored)).toBe(people.length)
  })

  it('while Redis is away, and streams find out by themselves', async () => {
    const { userId, address } = person()
    const stream = service.rpc.streamNotifications({ userId }, asService())
    const ids: string[] = []
    let isOpen = false
    stream.on('data', ({ notification }: { notification?: { id: string } }) => {
      isOpen = true
      if (notification) ids.push(notification.id)
    })
    stream.on('error', () => undefined)
    await until('the stream is open', () => isOpen)
    await redis.kill()
    const { notification } = await service.rpc.sendNotification(request(userId, Category.SECURITY), asService())
    await until('it has arrived', () => arrived(address).mails === 1, SOON)
    await until('it is in the stream', () => ids.length > 0)
    expect(ids).toEqual([notification?.id])
    stream.cancel()
    await redis.restart()
  })
})

describe('what may come twice', () => {
  it('is a mail whose process died before it could note that it was sent, with the same id', async () => {
    const { userId, address } = person()
    const taken: string[] = []
    smtp.answers.data = async (mail) => {
      if (mail.to !== address || taken.length > 0) return
      taken.push(mail.to)
      await mariadb.kill()
    }
    await service.rpc.sendNotification(request(userId, Category.SECURITY), asService())
    await until('it was sent', () => arrived(address).mails === 1)
    await service.stop()
    await mariadb.restart()
    service = await start()
    await until('it was sent again', () => arrived(address).mails === 2)
    expect(arrived(address)).toEqual({ mails: 2, ids: 1 })
    const settled = await until('it is noted', async () => {
      const [row] = await database.query<{ status: string }>(
        "SELECT status FROM deliveries WHERE user_id = ? AND channel = 'EMAIL'",
        [userId],
      )
      return row?.status === 'DELIVERED'
    })
    expect(settled).toBe(true)
  })
})

describe('a flood of marketing', () => {
  it('delays no security notice', async () => {
    // The receiver takes its time for each of them.
    const held: (() => void)[] = []
    smtp.answers.data = ({ headers }) =>
      headers.get('subject') === 'Offer' ? new Promise<void>((resolve) => held.push(resolve)) : undefined
    const readers = Array.from({ length: 40 }, person)
    for (const { userId } of readers)
      await service.rpc.sendNotification({ ...request(userId, Category.WORKFLOW), title: 'Offer' }, asService())
    await until('the workers have their hands full', () => held.length > 0)
    const { userId, address } = person()
    await service.rpc.sendNotification(request(userId, Category.SECURITY), asService())
    await until('the security notice has arrived', () => arrived(address).mails === 1, SOON)
    expect(readers.filter((one) => arrived(one.address).mails > 0)).toEqual([])
    delete smtp.answers.data
    held.forEach((release) => release())
    await until('the others have arrived', () => readers.every((one) => arrived(one.address).mails === 1))
  })
})
