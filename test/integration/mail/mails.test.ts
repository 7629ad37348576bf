import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnyEvent, EventData, EventType } from '../../../src/services/events/index.js'
import { createCodeOf, createLinkTokenOf, createOwnTokens } from '../../../src/services/verification/index.js'
import { type Account, unique } from '../../support/client.js'
import { testRedisUrl } from '../../support/redis.js'
import { type LogLine, type Service, startInstance, startService, TEST_ENVIRONMENT } from '../../support/service.js'
import { smtpError, type SmtpTestServer, startSmtpServer } from '../../support/smtp-server.js'
import { until } from '../../support/wait.js'

const codeOf = createCodeOf(TEST_ENVIRONMENT.REFRESH_KEY)
const linkTokenOf = createLinkTokenOf(TEST_ENVIRONMENT.REFRESH_KEY)
const exportTokens = createOwnTokens(TEST_ENVIRONMENT.REFRESH_KEY, 'export')

let smtp: SmtpTestServer
let service: Service
let user: Account
const lines: LogLine[] = []

beforeAll(async () => {
  smtp = await startSmtpServer({ disabledCommands: ['STARTTLS', 'AUTH'] })
  const env = {
    ...{ SMTP_URL: smtp.url, MAIL_FROM: 'Example <auth@mail.example.com>', APP_NAME: 'Example', LOG_LEVEL: 'info' },
    APP_URL: 'https://auth.example.com/',
  }
  service = await startService(env, { onLine: (line) => lines.push(line) })
  user = await service.register()
  await until('the first mail arrives', () => smtp.to(user.email).length > 0)
})
afterAll(async () => {
  await service.stop()
  await smtp.close()
})

/** Passes an event to the consumer, as its queue does. */
async function post<Type extends EventType>(
  type: Type,
  data: EventData[Type],
  { userId = user.id, at = service.app.clock() }: { userId?: string; at?: Date } = {},
): Promise<string> {
  const [consumer] = service.app.consumers.filter(({ name }) => name === 'mail')
  const event = { id: uuidv7(), userId, seq: 1, at, traceParent: null, type, data } as AnyEvent
  if (!consumer || !('send' in consumer)) throw new Error('There is no consumer of mails.')
  await consumer.send(event)
  return event.id
}

const idsOf = (address: string) => smtp.to(address).map(({ headers }) => headers.get('message-id'))
const withId = (id: string, part: string) => {
  const mail = smtp.mails.find(({ headers }) => headers.get('message-id') === `<${id}.${part}@mail.example.com>`)
  if (!mail) throw new Error(`There is no mail ${id}.${part}.`)
  return mail
}

describe('a registration', () => {
  it('sends a mail with the code of its event, and a link that carries it in the fragment', async () => {
    const [row] = await service.database.query<{ id: string }>(
      "SELECT id FROM outbox WHERE user_id = ? AND type = 'user.registered'",
      [user.id],
    )
    const mail = withId(row!.id, 'verify-email')
    const code = codeOf(row!.id)
    const link = `https://auth.example.com/verify-email#email=${encodeURIComponent(user.email)}&code=${code}`
    expect(mail).toMatchObject({ to: user.email, text: expect.stringContaining(`\n${code}\n`) })
    expect(mail.text).toContain(link)
    expect(mail.html).toContain(link.replaceAll('&', '&amp;').replaceAll('=', '&#x3D;'))
    expect(mail.headers.get('subject')).toBe('Verify your email address')
    expect(mail.headers.get('from')).toBe('Example <auth@mail.example.com>')
  })
})

describe('a mail', () => {
  it.each([
    ['mail.verification_requested', 'verify-email'],
    ['mail.password_reset_requested', 'reset-password'],
  ] as const)('of %s has the code and the address in its link', async (type, kind) => {
    const id = await post(type, { email: user.email })
    const { text } = withId(id, kind)
    expect(text).toContain(`/${kind}#email=${encodeURIComponent(user.email)}&code=${codeOf(id)}`)
  })

  it('that confirms a new address is sent there, with the code', async () => {
    const email = `${unique()}@example.com`
    const id = await post('mail.email_change_requested', { email })
    const mail = withId(id, 'change-email')
    expect(mail.to).toBe(email)
    expect(mail.text).toContain(`https://auth.example.com/change-email#code=${codeOf(id)}`)
  })

  it('says that an address was registered again, that a password was changed or reset, and that an account is locked', async () => {
    const attempted = withId(await post('mail.registration_attempted', { email: user.email }), 'registration-attempted')
    expect(attempted.text).toContain('you already have an account')
    const at = new Date('2026-11-30T09:30:00Z')
    const changed = withId(await post('password.changed', { by: 'user' }, { at }), 'password-changed')
    expect(changed.text).toContain('was changed on November 30, 2026 at 9:30 AM UTC')
    const reset = withId(await post('password.changed', { by: 'reset' }), 'password-changed')
    expect(reset.headers.get('subject')).toBe('Your password was reset')
    const locked = withId(await post('user.locked', { until: at.toISOString() }), 'account-locked')
    expect(locked.text).toContain('November 30, 2026 at 9:30 AM UTC')
    const [webhookId, reason] = ['01936f6e-7c1b-7d5a-9f3e-3f1c6f6f2f10', 'FAILING'] as const
    const disabled = withId(await post('webhook.disabled', { webhookId, reason }, { at }), 'webhook-disabled')
    expect(disabled.text.replaceAll(/\s+/g, ' ')).toContain(
      `The webhook ${webhookId} was disabled on November 30, 2026`,
    )
    const on = withId(await post('mfa.enabled', { method: 'totp' }, { at }), 'two-step-changed')
    expect(on.headers.get('subject')).toBe('Two-step verification is on')
    const off = withId(await post('mfa.disabled', { by: 'operator' }), 'two-step-changed')
    expect(off.headers.get('subject')).toBe('Two-step verification is off')
    const codes = withId(await post('recovery_codes.replaced', { by: 'user' }), 'two-step-changed')
    expect(codes.headers.get('subject')).toBe('You have new recovery codes')
    for (const mail of [attempted, changed, reset, locked, disabled, on, off, codes]) expect(mail.to).toBe(user.email)
  })

  it('says that a username was changed, added or removed, because it signs in, too', async () => {
    const mailOf = async (previousUsername: string | null, username: string | null) =>
      withId(await post('username.changed', { username, previousUsername }), 'username-changed')
    const changed = await mailOf('augusta', 'ada')
    expect(changed).toMatchObject({ to: user.email, text: expect.stringContaining('\nfrom augusta\nto ada\n') })
    expect(changed.html).toContain('from augusta<br>to ada')
    expect((await mailOf(null, 'ada')).text).toContain('\nfrom none\nto ada\n')
    expect((await mailOf('augusta', null)).text).toContain('\nfrom augusta\nto none\n')
  })

  it('about a deletion, and with a link to the data, carries a token in the fragment', async () => {
    const dueAt = new Date(Date.now() + 86_400_000).toISOString()
    const deletion = await post('user.deletion_requested', { dueAt })
    const kept = withId(deletion, 'deletion-requested')
    expect(kept.text).toContain(`https://auth.example.com/keep-account#token=${linkTokenOf(deletion)}`)
    const again = await post('mail.deletion_link_requested', { linkId: deletion, dueAt })
    expect(withId(again, 'deletion-requested').text).toContain(`/keep-account#token=${linkTokenOf(deletion)}`)
    const exported = await post('mail.data_export_requested', { email: user.email })
    const link = `https://auth.example.com/data-export#token=${exportTokens.of(user.id, exported)}`
    expect(withId(exported, 'data-export').text).toContain(link)
  })

  it('that invites someone is sent to them, with the code, as long as it can be used', async () => {
    const [email, id] = [`${unique()}@example.com`, uuidv7()]
    const insert = `INSERT INTO invitations (id, code_hash, email, email_key, uses, uses_left, created_at, expires_at)
      VALUES (?, ?, ?, ?, 1, 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL 1 DAY)`
    await service.database.query(insert, [id, id.replaceAll('-', '').repeat(2), email, email])
    const sent = withId(await post('mail.invitation_created', { invitationId: id }), 'invitation')
    expect(sent.to).toBe(email)
    expect(sent.text).toMatch(/\n(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\n/)
    expect(sent.text).toContain('https://auth.example.com/#invitation=')
    await service.database.query('UPDATE invitations SET uses_left = 0 WHERE id = ?', [id])
    await post('mail.invitation_created', { invitationId: id })
    expect(smtp.to(email)).toHaveLength(1)
  })

  it('tells an administrator that a webhook was disabled, and why', async () => {
    const webhookId = uuidv7()
    const failing = withId(await post('webhook.disabled', { webhookId, reason: 'FAILING' }), 'webhook-disabled')
    expect(failing.text.replaceAll(/\s+/g, ' ')).toContain('has failed for a day')
    const gone = withId(await post('webhook.disabled', { webhookId, reason: 'GONE' }), 'webhook-disabled')
    expect(gone.text.replaceAll(/\s+/g, ' ')).toContain('answered that it is gone')
  })

  it('says that a sign-in method was added or removed, but not which one made the account', async () => {
    const linked = (how: 'signed_up' | 'signed_in' | 'linked' | 'claimed') =>
      post('oauth.linked', { provider: 'google', how })
    const added = withId(await linked('linked'), 'sign-in-method-added')
    expect(added.headers.get('subject')).toBe('google was added to your account')
    expect(added.text).toContain('/account#sign-in-methods')
    expect(added.text).not.toContain('registered earlier')
    const claimed = withId(await linked('claimed'), 'sign-in-method-added')
    expect(claimed.text.replaceAll(/\s+/g, ' ')).toContain('Its earlier password and sessions have ended.')
    const removed = withId(await post('oauth.unlinked', { provider: 'google' }), 'sign-in-method-removed')
    expect(removed.text).toContain('can no longer be used to sign in')
    const count = smtp.mails.length
    await linked('signed_up')
    expect(smtp.mails).toHaveLength(count)
  })

  it('about a lock is sent once a day', async () => {
    const { id: userId, email } = await service.register()
    const locks = () => smtp.to(email).filter(({ headers }) => headers.get('message-id')?.includes('account-locked'))
    const [today, tomorrow] = [new Date('2026-11-30T09:30:00Z'), new Date('2026-12-01T09:30:00Z')]
    for (let i = 0; i < 3; i++) await post('user.locked', { until: today.toISOString() }, { userId, at: today })
    expect(locks()).toHaveLength(1)
    await post('user.locked', { until: tomorrow.toISOString() }, { userId, at: tomorrow })
    expect(locks()).toHaveLength(2)
  })

  it('about a new device names it without repeating what the client sent', async () => {
    const { token } = await service.login(user)
    const { sessions } = await service.succeed('{ sessions { id } }', {}, token)
    const sessionId = sessions[0].id as string
    const [known, unknown] = ['Mozilla/5.0 (Windows NT 10.0) Firefox/140.0', 'Call +1 555 0100\r\nhttps://evil.example']
    const update = 'UPDATE sessions SET ip_address = ?, user_agent = ? WHERE id = ?'
    await service.database.query(update, ['2001:db8::1', known, sessionId])
    const { text } = withId(await post('user.logged_in', { sessionId, newDevice: true }), 'new-device')
    expect(text).toMatch(/Time: .* UTC\nDevice: Firefox on Windows\nIP address: 2001:db8::1\n/)
    await service.database.query(update, [null, unknown, sessionId])
    const other = withId(await post('user.logged_in', { sessionId, newDevice: true }), 'new-device')
    expect(other.raw).not.toMatch(/evil|555 0100|Device:|IP address:/)
    const count = smtp.mails.length
    await post('user.logged_in', { sessionId, newDevice: false })
    expect(smtp.mails).toHaveLength(count)
  })

  it('about a new device is sent once for a kind of browser and a network, until the password changes', async () => {
    const { id: userId, password, email } = await service.register()
    const firefox = 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0'
    /** Signs in, and returns how many mails there are about it. */
    async function mailsAfter(ipAddress: string, userAgent: string): Promise<number> {
      const { token } = await service.login({ email, password })
      const { sid } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sid: string }
      const set = 'UPDATE sessions SET ip_address = ?, user_agent = ? WHERE id = ?'
      await service.database.query(set, [ipAddress, userAgent, sid])
      const id = await post('user.logged_in', { sessionId: sid, newDevice: true }, { userId })
      return idsOf(email).filter((header) => header === `<${id}.new-device@mail.example.com>`).length
    }
    const forgetSessions = () => service.database.query('DELETE FROM sessions WHERE user_id = ?', [userId])
    expect(await mailsAfter('192.0.2.1', firefox)).toBe(1)
    // The session is known.
    expect(await mailsAfter('192.0.2.99', firefox.replace('140', '141'))).toBe(0)
    expect(await mailsAfter('192.0.2.1', 'Mozilla/5.0 (Windows NT 10.0) Edg/140.0')).toBe(1)
    expect(await mailsAfter('198.51.100.1', firefox)).toBe(1)
    await forgetSessions()
    // The mail is known.
    expect(await mailsAfter('198.51.100.1', firefox)).toBe(0)
    await forgetSessions()
    await service.database.query('UPDATE users SET generation = generation + 1 WHERE id = ?', [userId])
    expect(await mailsAfter('198.51.100.1', firefox)).toBe(1)
  })

  it('about a changed address is sent to both, and one that is refused does not repeat the other', async () => {
    const [previousEmail, email] = [`${unique()}@example.com`, `${unique()}@example.com`]
    smtp.answers.rcpt = (address) => {
      if (address === previousEmail) throw smtpError(450, 'Try again later')
    }
    const consumer = service.app.consumers.find(({ name }) => name === 'mail')!
    const event = {
      ...{ id: uuidv7(), userId: user.id, seq: 1, at: new Date(), traceParent: null },
      ...{ type: 'user.email_changed', data: { previousEmail, email } },
    } as AnyEvent
    const send = () => ('send' in consumer ? consumer.send(event) : Promise.reject(new Error('writes')))
    await expect(send()).rejects.toThrow('450')
    delete smtp.answers.rcpt
    await send()
    await send()
    expect(idsOf(email)).toEqual([`<${event.id}.email-changed.new@mail.example.com>`])
    expect(idsOf(previousEmail)).toEqual([`<${event.id}.email-changed.previous@mail.example.com>`])
    for (const mail of [...smtp.to(email), ...smtp.to(previousEmail)])
      expect(mail.text).toContain(`from ${previousEmail}\nto ${email}`)
  })
})

describe('no mail is sent', () => {
  const reasonOf = (id: string) => lines.find(({ eventId }) => eventId === id)?.['reason']

  it('with a code that has expired, for an address that is verified or not the current one, and to a deleted account', async () => {
    const count = smtp.mails.length
    const { email } = user
    const at = new Date(service.app.clock().getTime() - 10 * 60_000 - 1)
    const verified = await service.register()
    await service.database.query('UPDATE users SET email_verified_at = NOW() WHERE id = ?', [verified.id])
    const posted = [
      await post('mail.verification_requested', { email }, { at }),
      await post('mail.password_reset_requested', { email }, { at }),
      await post('mail.email_change_requested', { email }, { at }),
      await post('mail.password_reset_requested', { email: `${unique()}@example.com` }),
      await post('password.changed', { by: 'user' }, { userId: uuidv7() }),
      await post('mail.verification_requested', { email: verified.email }, { userId: verified.id }),
    ]
    expect(posted.map(reasonOf)).toEqual(['expired', 'expired', 'expired', 'changed', 'deleted', 'verified'])
    expect(smtp.mails.filter((mail) => mail.to !== verified.email)).toHaveLength(count)
    expect(JSON.stringify(lines)).not.toContain(email)
  })
})

describe('the queue', () => {
  it('sends a mail again after a failure, with the same ID and code, until the server accepts it', async () => {
    const attempts: (string | undefined)[] = []
    smtp.answers.data = ({ headers, text, to }) => {
      if (!to.startsWith('retried')) return
      attempts.push(`${headers.get('message-id')} ${/\n(\d{8})\r?\n/.exec(text)?.[1]}`)
      if (attempts.length === 1) throw smtpError(451, 'Try again later')
    }
    const { email } = await service.register({ email: `retried-${unique()}@example.com` })
    await until('the mail arrives', () => smtp.to(email).length > 0)
    delete smtp.answers.data
    expect(attempts).toHaveLength(2)
    expect(new Set(attempts).size).toBe(1)
  })

  it('makes a mail that the server refuses a dead letter, with a reason without personal data', async () => {
    smtp.answers.rcpt = (address) => {
      if (address.startsWith('refused')) throw smtpError(550, `5.1.1 <${address}> is unknown here`)
    }
    const { id, email } = await service.register({ email: `refused-${unique()}@example.com` })
    const reason = await until('it is dead', async () => {
      const rows = await service.database.query<{ reason: string }>(
        `SELECT d.reason FROM event_deliveries d JOIN outbox o ON o.id = d.event_id
         WHERE o.user_id = ? AND d.consumer = 'mail' AND d.dead_at IS NOT NULL`,
        [id],
      )
      return rows[0]?.reason
    })
    delete smtp.answers.rcpt
    expect(reason).toBe('The mail server answers to RCPT TO: 550 5.1.1 <…> is unknown here')
    const text = await service.app.metrics.text()
    expect(text).toMatch(/auth_mails_total\{kind="verify-email",result="refused"\} 1/)
    expect(text).toMatch(/auth_mails_total\{kind="verify-email",result="failed"\} 1/)
    expect(text).toMatch(/auth_mails_total\{kind="verify-email",result="sent"\} [1-9]/)
    expect(text).toMatch(/auth_mails_total\{kind="reset-password",result="dropped"\} 2/)
    expect(text).not.toContain(email)
  })
})

describe('production without a mail server', () => {
  it('says so at the start, and refuses requests for codes', async () => {
    const seen: LogLine[] = []
    const env = { NODE_ENV: 'production', HOST: '127.0.0.1', LOG_LEVEL: 'warn' }
    const instance = await startInstance(
      { ...env, DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() },
      { alone: true, onLine: (line) => seen.push(line) },
    )
    const reset = await instance.graphql('mutation { requestPasswordReset(email: "ada@example.com") }')
    expect(reset.errors[0]).toMatchObject({
      message: 'This service sends no mail. Contact its operator.',
      extensions: { code: 'MAIL_UNAVAILABLE' },
    })
    await instance.stop()
    expect(seen.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('SMTP_URL is not set'))
  })
})
