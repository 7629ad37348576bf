import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface ReceivedMail {
  /** Of the envelope. */
  to: string
  /** Names in lower case. */
  headers: Map<string, string>
  text: string
  html: string
  raw: string
}

/** How the server answers. Each of them may throw, with a `responseCode`. */
export interface Answers {
  rcpt?: (address: string) => void | Promise<void>
  data?: (mail: ReceivedMail) => void | Promise<void>
}

/** An error that the server sends with this code. */
export const smtpError = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode })

/** A real SMTP server on loopback. It accepts every mail unless `answers`, which can be changed at any time, refuse it. */
export async function startSmtpServer(options: SMTPServerOptions = {}) {
  const mails: ReceivedMail[] = []
  const answers: Answers = {}
  const server = new SMTPServer({
    // A pool keeps its connections.
    closeTimeout: 10,
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    ...options,
    onRcptTo({ address }, _session, done) {
      Promise.resolve()
        .then(() => answers.rcpt?.(address))
        .then(() => done(), done)
    },
    onData(stream, session, done) {
      void textOf(stream)
        .then(async (raw) => {
          const mail = parseMail(raw, session.envelope.rcptTo[0]?.address ?? '')
          await answers.data?.(mail)
          mails.push(mail)
        })
        .then(() => done(), done)
    },
  })
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    mails,
    answers,
    /** The mails to an address, in the order in which they arrived. */
    to: (address: string) => mails.filter((mail) => mail.to === address),
    /** Ends all connections, whatever they are doing. */
    drop() {
      for (const connection of server.connections) connection.close()
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

export type SmtpTestServer = Awaited<ReturnType<typeof startSmtpServer>>

function parseMail(raw: string, to: string): ReceivedMail {
  const { headers, body } = splitPart(raw)
  const boundary = /boundary="?([^";]+)/.exec(headers.get('content-type') ?? '')?.[1]
  const parts =
    boundary === undefined
      ? []
      : body
          .split(`--${boundary}`)
          .slice(1, -1)
          .map((part) => splitPart(part.trimStart()))
  const bodyOf = (type: string) => {
    const part = parts.find((one) => one.headers.get('content-type')?.startsWith(type))
    return part ? decode(part.body, part.headers.get('content-transfer-encoding')) : ''
  }
  return { to, headers, text: bodyOf('text/plain'), html: bodyOf('text/html'), raw }
}

function splitPart(raw: string) {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { headers, body: raw.slice(end + 4) }
}

function decode(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8').replaceAll('\r\n', '\n')
  const lines = body.replaceAll('\r\n', '\n')
  if (encoding !== 'quoted-printable') return lines
  const bytes = lines
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
