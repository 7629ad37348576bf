import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '../../../packages/delivery/src/mail/mails.js'
import { createSmtp, type SmtpOptions } from '../../../packages/delivery/src/mail/smtp.js'
import { readSmtpUrl, type SmtpServer } from '../../../packages/delivery/src/mail/smtp-url.js'
import { type Authority, createAuthority } from '../../support/certificates.js'
import { smtpError, type SmtpTestServer, startSmtpServer } from '../../support/smtp-server.js'

const FROM = { name: 'Example & Söhne', address: 'auth@example.com' }
const PASSWORD = 'the-smtp-password'

let authority: Authority
let plain: SmtpTestServer
const opened: ReturnType<typeof createSmtp>[] = []

beforeAll(async () => {
  authority = createAuthority()
  plain = await startSmtpServer({ disabledCommands: ['STARTTLS', 'AUTH'] })
})
afterAll(async () => {
  for (const smtp of opened) smtp.close()
  await plain.close()
  authority.remove()
})

const serverOf = (url: string): SmtpServer => {
  const read = readSmtpUrl(url)
  if ('problem' in read) throw new Error(read.problem)
  return read
}

function connect(url: string, options: Partial<SmtpOptions> = {}) {
  const smtp = createSmtp(serverOf(url), { from: FROM, ca: undefined, ...options })
  opened.push(smtp)
  return smtp
}

let count = 0
const mailTo = (to: string): Message => ({
  messageId: `mail-${++count}@example.com`,
  ...{ to, subject: 'A subject', text: 'The text', html: '<p>The text</p>' },
})

describe('a mail', () => {
  it('has the ID, the sender, both bodies, and a header that keeps automatic replies away', async () => {
    const mail = mailTo('ada@bücher.example')
    expect(await connect(plain.url).send(mail)).toBeNull()
    const [received] = plain.to('ada@bücher.example')
    expect(received).toMatchObject({
      text: expect.stringContaining('The text'),
      html: expect.stringContaining('<p>The text</p>'),
    })
    expect(received!.headers.get('to')).toBe('ada@xn--bcher-kva.example')
    expect(received!.headers.get('message-id')).toBe(`<${mail.messageId}>`)
    expect(received!.headers.get('from')).toContain('<auth@example.com>')
    expect(received!.headers.get('auto-submitted')).toBe('auto-generated')
    expect(received!.raw).not.toMatch(/list-unsubscribe/i)
  })

  it.each([
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com\r\nRCPT TO:<eve@example.com>',
    'ada@example.com, eve@example.com',
    'Ada <eve@example.com>',
    'ada@example.com>',
    'ada @example.com',
    'ada',
  ])('is refused if its address is %j', async (to) => {
    const before = plain.mails.length
    expect(await connect(plain.url).send(mailTo(to))).toEqual({ refused: 'The address can not be used in a mail.' })
    expect(plain.mails).toHaveLength(before)
  })

  it('to an address with letters beyond ASCII is sent by SMTPUTF8, or refused without it', async () => {
    const supporting = await startSmtpServer()
    expect(await connect(supporting.url).send(mailTo('jürgen@example.com'))).toBeNull()
    expect(supporting.to('jürgen@example.com')).toHaveLength(1)
    await supporting.close()
    const lacking = await startSmtpServer({ hideSMTPUTF8: true })
    expect(await connect(lacking.url).send(mailTo('jürgen@example.com'))).toEqual({
      refused: 'The mail server does not support SMTPUTF8, which this address needs.',
    })
    expect(await connect(lacking.url).send(mailTo('juergen@example.com'))).toBeNull()
    await lacking.close()
  })

  it('that the server refuses is not tried again, and the reason has no personal data', async () => {
    plain.answers.rcpt = (address) => {
      throw smtpError(550, `5.1.1 <${address}>: no user Grace.Hopper in example.org (see https://example.net)`)
    }
    const refusal = await connect(plain.url).send(mailTo('grace.hopper@example.org'))
    delete plain.answers.rcpt
    expect(refusal?.refused).toContain('550 5.1.1')
    expect(refusal?.refused).not.toMatch(/grace|hopper|example\.org/i)
  })

  it.each([421, 450, 452])('is tried again after %d', async (code) => {
    plain.answers.data = () => {
      throw smtpError(code, 'Try again later')
    }
    await expect(connect(plain.url).send(mailTo('ada@example.com'))).rejects.toThrow(`${code} Try again later`)
    delete plain.answers.data
  })

  it('of which the connection is lost after DATA is tried again with the same ID', async () => {
    const smtp = connect(plain.url)
    plain.answers.data = () => {
      plain.drop()
      return new Promise<void>(() => undefined)
    }
    const mail = mailTo('lost@example.com')
    await expect(smtp.send(mail)).rejects.toThrow("The mail server can't be used")
    delete plain.answers.data
    expect(await smtp.send(mail)).toBeNull()
    expect(plain.to('lost@example.com').map(({ headers }) => headers.get('message-id'))).toEqual([
      `<${mail.messageId}>`,
    ])
  })
})

describe('a server', () => {
  it('that says nothing, or stops in the middle of a mail, is left in bounded time', async () => {
    const silent = createServer(() => undefined)
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const timeouts = { connectionMs: 200, greetingMs: 200, idleMs: 300, totalMs: 1000 }
    const { port } = silent.address() as AddressInfo
    await expect(connect(`smtp://127.0.0.1:${port}`, { timeouts }).send(mailTo('a@example.com'))).rejects.toThrow(
      "The mail server can't be used (ETIMEDOUT)",
    )
    silent.close()
    plain.answers.data = () => new Promise<void>(() => undefined)
    await expect(connect(plain.url, { timeouts }).send(mailTo('a@example.com'))).rejects.toThrow(
      "The mail server can't be used (ETIMEDOUT)",
    )
    delete plain.answers.data
  })

  it('that is away makes the mail wait', async () => {
    const gone = await startSmtpServer()
    await gone.close()
    await expect(connect(gone.url).send(mailTo('a@example.com'))).rejects.toThrow("The mail server can't be used")
  })

  it('must prove its identity by a trusted certificate before it gets the mail and the password', async () => {
    const received: (string | null | undefined)[] = []
    const secure = await startSmtpServer({
      ...authority.sign('DNS:localhost'),
      disabledCommands: [],
      onAuth({ username, password }, _session, done) {
        received.push(password)
        done(password === PASSWORD ? null : smtpError(535, `5.7.8 no: ${password}`), { user: username })
      },
    })
    const url = (password: string) => `smtp://mailer:${password}@localhost:${secure.port}?starttls=required`
    await expect(connect(url(PASSWORD)).send(mailTo('a@example.com'))).rejects.toThrow("can't be used")
    expect(received).toEqual([])

    const { ca } = authority
    expect(await connect(url(PASSWORD), { ca }).send(mailTo('secure@example.com'))).toBeNull()
    expect(secure.to('secure@example.com')).toHaveLength(1)
    await connect(url(PASSWORD), { ca }).check()

    const wrong = await connect(url('a-wrong-password'), { ca })
      .send(mailTo('a@example.com'))
      .catch((error: unknown) => error as Error)
    expect(wrong).toEqual(new Error('The mail server refuses the user name or password of SMTP_URL (535).'))
    await expect(connect(url('a-wrong-password'), { ca }).check()).rejects.not.toThrow('a-wrong-password')
    await secure.close()
  })

  it('gets nothing if it offers no STARTTLS where that is required, and no mail without the password', async () => {
    const received: string[] = []
    const bare = await startSmtpServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      onMailFrom({ address }, _session, done) {
        received.push(address)
        done()
      },
    })
    const url = `localhost:${bare.port}`
    await expect(connect(`smtp://${url}?starttls=required`).send(mailTo('a@example.com'))).rejects.toThrow('STARTTLS')
    await expect(connect(`smtp://mailer:${PASSWORD}@${url}`).send(mailTo('a@example.com'))).rejects.toThrow()
    expect(received).toEqual([])
    await bare.close()
  })

  it('gets several mails over one connection', async () => {
    let accepted = 0
    const counting = await startSmtpServer({
      onConnect(_session, done) {
        accepted += 1
        done()
      },
    })
    const smtp = connect(counting.url)
    for (let i = 0; i < 3; i++) await smtp.send(mailTo('a@example.com'))
    expect(accepted).toBe(1)
    await counting.close()
  })
})
