import { SAMPLES } from '@postern/delivery/mail/mails'
import { createBreakerSet } from '@postern/service/breaker-set'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnyEvent } from '../../../src/services/events/index.js'
import { createCodeOf } from '../../../src/services/verification/index.js'
import { openNotification } from '../../../src/upstreams/notification/index.js'
import { unique } from '../../support/client.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { startService, type Service, TEST_ENVIRONMENT } from '../../support/service.js'
import { serviceKey } from '../../support/service-keys.js'
import { type SmtpTestServer, startSmtpServer } from '../../support/smtp-server.js'
import { until } from '../../support/wait.js'

const codeOf = createCodeOf(TEST_ENVIRONMENT.REFRESH_KEY)

const APP = { MAIL_FROM: 'Example <auth@mail.example.com>', APP_NAME: 'Example', APP_URL: 'https://auth.example.com' }

let smtp: SmtpTestServer
let notification: Notification
let service: Service

beforeAll(async () => {
  smtp = await startSmtpServer({ disabledCommands: ['STARTTLS', 'AUTH'] })
  notification = await startNotification({ ...APP, SMTP_URL: smtp.url })
  // Two attempts, of which an outage costs none.
  service = await startService({ ...APP, ...notification.access, EVENT_RETRIES: '1' })
})
afterAll(async () => {
  await service.stop()
  await notification.stop()
  await smtp.close()
})

const eventOf = async (userId: string): Promise<string> => {
  const [row] = await service.database.query<{ id: string }>(
    "SELECT id FROM outbox WHERE user_id = ? AND type = 'user.registered'",
    [userId],
  )
  return row!.id
}

const idsOf = (address: string) => smtp.to(address).map(({ headers }) => headers.get('message-id'))

/** As its queue does. */
async function consume(event: object): Promise<void> {
  const consumer = service.app.consumers.find(({ name }) => name === 'mail')
  if (!consumer || !('send' in consumer)) throw new Error('There is no consumer of mails.')
  await consumer.send({ seq: 1, traceParent: null, at: service.app.clock(), ...event } as AnyEvent)
}

describe('with the notification service', () => {
  it('a mail is the same as if Postern had sent it, and is sent once', async () => {
    const { id: userId, email } = await service.register()
    await until('the mail arrives', () => smtp.to(email).length > 0)
    const id = await eventOf(userId)
    const [mail] = smtp.to(email)
    expect(idsOf(email)).toEqual([`<${id}.verify-email@mail.example.com>`])
    expect(mail!.headers.get('subject')).toBe('Verify your email address')
    expect(mail!.text).toContain(`\n${codeOf(id)}\n`)
    await consume({ id, userId, type: 'user.registered', data: { email, username: null } })
    const next = await service.register()
    await until('the next mail arrives', () => smtp.to(next.email).length > 0)
    expect(idsOf(email)).toHaveLength(1)
  })

  it('both addresses of an account get their mail', async () => {
    const { id: userId, email: previousEmail } = await service.register()
    const [id, email] = [uuidv7(), `${unique()}@example.com`]
    await consume({ id, userId, type: 'user.email_changed', data: { email, previousEmail } })
    await until('both arrive', () => smtp.to(email).length > 0 && smtp.to(previousEmail).length > 1)
    expect(idsOf(email)).toEqual([`<${id}.email-changed.new@mail.example.com>`])
    expect(idsOf(previousEmail)).toContain(`<${id}.email-changed.previous@mail.example.com>`)
  })

  it('a mail of another version is kept and tried again, and one that can never be sent is refused', async () => {
    const { post, close } = openNotification({
      address: { target: notification.grpcUrl, tls: false },
      key: serviceKey('auth'),
      breakers: createBreakerSet(() => () => undefined),
    })
    const [to, key] = [`${unique()}@example.com`, `${uuidv7()}.verify-email`]
    const mail = { kind: 'verify-email', values: SAMPLES['verify-email'], part: 'verify-email', to } as const
    const newer = { ...mail, kind: 'of-a-newer-version' } as unknown as typeof mail
    await expect(post(newer, key)).rejects.toThrow('of-a-newer-version: it has another version')
    const { code, link } = mail.values
    const older = { ...mail, values: { code, link } as typeof mail.values }
    await expect(post(older, key)).rejects.toThrow('verify-email: it has another version')
    expect(await post({ ...mail, to: 'nobody' }, key)).toEqual({ refused: expect.stringContaining('INVALID_INPUT') })
    // Once both have the same version.
    expect(await post(mail, key)).toBeNull()
    await until('the mail arrives', () => smtp.to(to).length === 1)
    close()
  })

  it('codes and addresses are gone from its database once they are sent', async () => {
    const { id: userId, email } = await service.register()
    await until('the mail arrives', () => smtp.to(email).length > 0)
    const code = codeOf(await eventOf(userId))
    const stored = await until('it is settled', async () => {
      const rows = await notification.database.query('SELECT * FROM notifications')
      return rows.every((row) => (row as { message: unknown }).message === null) && JSON.stringify(rows)
    })
    expect(stored).not.toContain(code)
    expect(stored).not.toContain(email)
  })

  it('mails wait while it is away: none is lost, and none is sent twice', async () => {
    await notification.pause()
    const users = await Promise.all(Array.from({ length: 5 }, () => service.register()))
    const deferred = /postern_event_deliveries_total\{consumer="mail",result="deferred"\} (\d+)/
    await until('they were tried more often than what fails', async () => {
      const [, count = '0'] = deferred.exec(await service.app.metrics.text()) ?? []
      return Number(count) > 2 * users.length
    })
    const rows = await service.database.query("SELECT dead_at FROM event_deliveries WHERE consumer = 'mail'")
    expect(rows).toEqual(users.map(() => ({ dead_at: null })))
    expect(users.flatMap(({ email }) => smtp.to(email))).toEqual([])
    await notification.restart()
    await until('all arrive', () => users.every(({ email }) => smtp.to(email).length > 0))
    const last = await service.register()
    await until('a later one arrives', () => smtp.to(last.email).length > 0)
    for (const { id, email } of users)
      expect(idsOf(email)).toEqual([`<${await eventOf(id)}.verify-email@mail.example.com>`])
  })
})
