// The variables of mails: the server that sends them, their sender, and what their templates say.
import { domainToASCII } from 'node:url'
import { z } from 'zod'
import { certificates } from '@postern/service/pem'
import type { Variables } from '@postern/service/values'
import { readSmtpUrl, type SmtpServer } from './smtp-url.js'

export type { SmtpServer } from './smtp-url.js'

/** Who sends the mails. */
export interface Sender {
  /** Null if the mail shows only the address. */
  readonly name: string | null
  readonly address: string
}

const smtpServer = z.string().transform((value, context): SmtpServer => {
  const read = readSmtpUrl(value)
  if (!('problem' in read)) return read
  context.addIssue(read.problem)
  return z.NEVER
})

const ADDRESS = /^[^\s\p{Cc}"(),:;<>@[\\\]]{1,64}@([\p{L}\p{M}\p{N}.-]+)$/u

/** `auth@example.com` or `Example <auth@example.com>`. */
export function readSender(text: string): Sender | null {
  const [, name = '', address = ''] = /^(?:([^<>"\p{Cc}]*)<([^<>]+)>)$/u.exec(text.trim()) ?? [null, '', text.trim()]
  const domain = ADDRESS.exec(address)?.[1]
  if (domain === undefined || domainToASCII(domain) === '') return null
  return { name: name.trim() || null, address }
}

const sender = z.string().transform((value, context): Sender => {
  const read = readSender(value)
  if (read) return read
  context.addIssue('must be an address, such as auth@example.com or Example <auth@example.com>')
  return z.NEVER
})

const appUrl = z
  .string()
  .refine((value) => {
    const url = URL.parse(value)
    if (!url || !['http:', 'https:'].includes(url.protocol)) return false
    return `${url.username}${url.password}${url.search}${url.hash}` === '' && !/[\s\p{Cc}"'<>?#]/u.test(value)
  }, 'must be the URL of the pages, such as https://auth.example.com, without credentials, ? and #')
  .transform((value) => new URL(value).href.replace(/\/$/, ''))

export const mailVariables = z.object({
  SMTP_URL: smtpServer.optional(),
  SMTP_CA: certificates.optional(),
  MAIL_FROM: sender.optional(),
  MAIL_TEMPLATES_DIR: z.string().optional(),
  MAIL_DIR: z.string().optional(),
  APP_NAME: z
    .string()
    .refine((value) => !/[\p{Cc}<>"]/u.test(value) && value.length <= 64, 'must be one line of at most 64 characters')
    .default('Postern'),
  APP_URL: appUrl.optional(),
})

/** Finds variables that are valid alone but not together. */
export function mailProblems(env: Variables): string[] {
  const has = (name: string) => env[name] !== undefined
  const isProduction = env['NODE_ENV'] === 'production'
  const problems = []
  if (has('SMTP_URL') && has('MAIL_DIR')) problems.push('MAIL_DIR has no effect with SMTP_URL. Remove one of them')
  if (isProduction && has('MAIL_DIR')) problems.push('MAIL_DIR is for development; set SMTP_URL')
  if (!has('SMTP_URL') && has('SMTP_CA')) problems.push('SMTP_CA has no effect without SMTP_URL')
  if (has('SMTP_URL') && has('SMTP_CA') && !usesTls(env['SMTP_URL'] ?? ''))
    problems.push('SMTP_CA has no effect without TLS: write smtps:// or ?starttls=required')
  if (has('SMTP_URL') && !has('MAIL_FROM')) problems.push('MAIL_FROM is required with SMTP_URL')
  if (has('SMTP_URL') && !has('APP_URL') && (env['NODE_ENV'] ?? 'development') !== 'development')
    problems.push('APP_URL is required with SMTP_URL: mails have links to it')
  if (isProduction && env['APP_URL']?.toLowerCase().startsWith('http:'))
    problems.push('APP_URL must start with https:// in production: its links carry codes')
  return problems
}

function usesTls(text: string): boolean {
  const read = readSmtpUrl(text)
  return 'problem' in read || read.encryption !== 'none'
}
