// Sends mails by SMTP, over a few connections that stay open, and says what a failure means.
import { domainToASCII } from 'node:url'
import { createTransport } from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Message } from './mails.js'
import type { SmtpServer } from './smtp-url.js'
import type { Sender } from './variables.js'

/** Every wait of one mail. Together they are shorter than the lease of an event. */
const TIMEOUTS = { connectionMs: 10_000, greetingMs: 10_000, idleMs: 15_000, totalMs: 45_000 }

const NOT_ASCII = /\P{ASCII}/u

/** The server, or this client, refuses the mail for good. `refused` is the reason, without personal data. */
export interface Refusal {
  refused: string
}

/** What nodemailer adds to an error. */
interface SmtpError extends Error {
  code?: string
  command?: string
  responseCode?: number
  response?: string
}

export interface SmtpOptions {
  from: Sender
  /** The only trusted authorities, in PEM. Undefined: those of Node.js. */
  ca: string | undefined
  timeouts?: typeof TIMEOUTS
}

export type Smtp = ReturnType<typeof createSmtp>

export function createSmtp(server: SmtpServer, { from, ca, timeouts = TIMEOUTS }: SmtpOptions) {
  const { host, port, encryption, user, password } = server
  const connection = {
    ...{ host, port },
    ...{ secure: encryption === 'tls', requireTLS: encryption === 'starttls', ignoreTLS: encryption === 'none' },
    ...(ca !== undefined && { tls: { ca } }),
    ...{ connectionTimeout: timeouts.connectionMs, dnsTimeout: timeouts.connectionMs },
    ...{ greetingTimeout: timeouts.greetingMs, socketTimeout: timeouts.idleMs },
  }
  const transport = createTransport({
    ...connection,
    ...{ pool: true, maxConnections: 5, maxMessages: 100, idleTimeout: timeouts.idleMs / 2 },
    // Without forceAuth, nodemailer would send without the password if the server did not offer to check it.
    ...(user !== undefined && { auth: { user, pass: password }, forceAuth: true }),
    // A lost connection is the queue's to repeat, which also knows how often.
    maxRequeues: 1,
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  // The mail that was being sent gets the same error.
  transport.on('error', () => undefined)

  return {
    /**
     * Resolves with null when the server has accepted the mail. Rejects if another try can succeed, with a message that has
     * no personal data. `ended`: when the caller no longer waits.
     */
    async send(
      { messageId, to, subject, text, html, unsubscribeUrl }: Message,
      ended?: AbortSignal,
    ): Promise<Refusal | null> {
      const [sender, recipient] = [withAsciiDomain(from.address), withAsciiDomain(to)]
      if (sender === null || recipient === null) return { refused: 'The address can not be used in a mail.' }
      const inTime = AbortSignal.timeout(timeouts.totalMs)
      const signal = ended ? AbortSignal.any([inTime, ended]) : inTime
      try {
        // nodemailer would send such an address to a server that can't read it.
        if (NOT_ASCII.test(sender + recipient) && !(await supportsUtf8(connection)))
          return { refused: 'The mail server does not support SMTPUTF8, which this address needs.' }
        await transport.sendMail({
          ...{ messageId: `<${messageId}>`, subject, text, html, signal },
          // Never parsed: a text with a comma would be two addresses.
          envelope: { from: sender, to: [recipient] },
          from: { name: from.name ?? '', address: sender },
          to: { name: '', address: recipient },
          // RFC 3834: an automatic reply to it would reach no one.
          headers: { 'auto-submitted': 'auto-generated', ...unsubscribeHeaders(unsubscribeUrl) },
        })
        return null
      } catch (error) {
        const reason = reasonOf(error as SmtpError, recipient)
        if (isFinal(error as SmtpError)) return { refused: reason }
        throw new Error(reason)
      }
    },

    /** Connects, and signs in if there is a password. Sends no mail. Rejects with a message for the operator. */
    async check(): Promise<void> {
      await transport.verify().catch((error: unknown) => {
        throw new Error(reasonOf(error as SmtpError, ''))
      })
    },

    /** Mails that are being sent fail. Call it when nothing is. */
    close(): void {
      transport.close()
    },
  }
}

/** RFC 2369 and 8058. Only a URL fits into the header. */
function unsubscribeHeaders(url: string | undefined): Record<string, string> {
  if (url === undefined || !/^https:\/\/[\x21-\x3b\x3d\x3f-\x7e]+$/.test(url)) return {}
  return { 'list-unsubscribe': `<${url}>`, 'list-unsubscribe-post': 'List-Unsubscribe=One-Click' }
}

/** Connects, and reads what the server offers (RFC 6531). */
async function supportsUtf8(options: SMTPConnection.Options): Promise<boolean> {
  const connection = new SMTPConnection(options)
  try {
    await new Promise<void>((resolve, reject) => {
      connection.on('error', reject)
      connection.on('end', () => reject(new Error('The connection was closed.')))
      connection.connect((error) => (error ? reject(error) : resolve()))
    })
    return /^250[ -]SMTPUTF8\s*$/im.test(connection.lastServerResponse || '')
  } finally {
    connection.close()
  }
}

/** Every server understands the ASCII form of a domain. Null if the address could change a command or a header. */
function withAsciiDomain(address: string): string | null {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  if (at < 1 || /[\s\p{Cc}<>,;:"()[\]\\]/u.test(address) || !/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return null
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`
}

/** Authentication required: a setting is wrong, and the mail can be sent when it is right. */
const NOT_SIGNED_IN = 530

/** The server refuses this mail, and not the connection or the password. */
const isFinal = ({ code, command = '', responseCode = 0 }: SmtpError): boolean =>
  code !== 'EAUTH' &&
  responseCode >= 500 &&
  responseCode !== NOT_SIGNED_IN &&
  ['MAIL FROM', 'RCPT TO', 'DATA'].includes(command)

function reasonOf({ name, code = name, command, responseCode, response }: SmtpError, recipient: string): string {
  // Some servers repeat what they got.
  if (code === 'EAUTH')
    return `The mail server refuses the user name or password of SMTP_URL (${responseCode ?? code}).`
  if (response === undefined) return `The mail server can't be used (${code}).`
  return `The mail server answers to ${command ?? 'the connection'}: ${withoutAddresses(response, recipient)}`
}

/** Servers repeat the address, a part of it, or what is in the mail. The codes of SMTP stay. */
function withoutAddresses(response: string, recipient: string): string {
  const [, codes = '', text = ''] = /^(\d{3}[ -]?(?:\d\.\d{1,3}\.\d{1,3})?)([^]*)$/.exec(response) ?? ['', '', response]
  const known = recipient
    .split('@')
    .filter((part) => part !== '')
    .map((part) => new RegExp(`(?<![\\p{L}\\p{N}])${literal(part)}(?![\\p{L}\\p{N}])`, 'giu'))
  const rest = [/[^\s<>@]+@[^\s<>@]+/g, /\d{6,}/g, ...known].reduce((left, pattern) => left.replace(pattern, '…'), text)
  return `${codes}${rest.replace(/\s+/g, ' ')}`.slice(0, 200)
}

const literal = (text: string): string =>
  text.replace(/[^\p{L}\p{N}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)
