import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../../../src/config/index.js'
import { readSender } from '../../../packages/delivery/src/mail/variables.js'
import { readSmtpUrl } from '../../../packages/delivery/src/mail/smtp-url.js'

const REQUIRED = {
  ...{ DATABASE_URL: 'mysql://u:p@localhost/postern', REDIS_URL: 'redis://localhost' },
  ...{ JWT_SECRET: 'j'.repeat(32), REFRESH_KEY: 'r'.repeat(32) },
}
const MAIL = { SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'a@example.com', APP_URL: 'https://auth.example.com' }

const problems = (env: Record<string, string>): string => {
  try {
    readConfig({ ...REQUIRED, ...env })
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

describe('SMTP_URL', () => {
  it.each([
    ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, encryption: 'starttls' }],
    ['smtp://mail.example.com:25?starttls=off', { port: 25, encryption: 'none' }],
    ['smtps://mail.example.com', { port: 465, encryption: 'tls' }],
    ['smtp://localhost:25', { encryption: 'none' }],
    ['smtp://[::1]:25/', { host: '::1', encryption: 'none' }],
    ['smtp://localhost?starttls=required', { encryption: 'starttls' }],
    ['smtp://a%40b:p%2F%25@mail.example.com', { user: 'a@b', password: 'p/%' }],
  ])('%s is read', (url, server) => {
    expect(readSmtpUrl(url)).toMatchObject(server)
  })

  it.each([
    ['http://mail.example.com', 'must be smtp://'],
    ['mail.example.com:587', 'must be smtp://'],
    ['smtp://mail.example.com:0', 'from 1 to 65535'],
    ['smtp://mail.example.com:65536', 'must be smtp://'],
    ['smtp://user@mail.example.com', 'both a user name and a password'],
    ['smtp://user:secret@mail.example.com?starttls=off', 'as plain text'],
    ['smtp://user:se#cret@mail.example.com', 'must'],
    ['smtp://user:%zz@mail.example.com', 'a % that encodes nothing'],
    ['smtp://user:secret%0d%0aRCPT@mail.example.com', 'a control character'],
    ['smtp://mail.example.com/path', 'must end after the port'],
    ['smtp://mail.example.com?starttls=maybe', 'starttls=required or ?starttls=off'],
    ['smtps://mail.example.com?starttls=off', 'no parameters'],
    ['smtp://mail.example.com\nx', 'a line break'],
  ])('%s is refused', (url, problem) => {
    const read = readSmtpUrl(url)
    expect('problem' in read ? read.problem : '').toContain(problem)
    expect(problems({ ...MAIL, SMTP_URL: url })).toContain('- SMTP_URL ')
    expect(problems({ ...MAIL, SMTP_URL: url })).not.toContain('secret')
  })
})

describe('the variables of mails', () => {
  it('read the sender with its name, in any script', () => {
    expect(readSender('auth@example.com')).toEqual({ name: null, address: 'auth@example.com' })
    expect(readSender('Größe & Co. <auth@bücher.example>')).toEqual({
      name: 'Größe & Co.',
      address: 'auth@bücher.example',
    })
  })

  it('require a sender, and outside of development the address of the pages', () => {
    expect(problems(MAIL)).toBe('')
    expect(problems({ SMTP_URL: MAIL.SMTP_URL })).toContain('MAIL_FROM is required')
    const { APP_URL: _, ...withoutPages } = MAIL
    expect(problems(withoutPages)).toBe('')
    for (const NODE_ENV of ['production', 'test'])
      expect(problems({ ...withoutPages, NODE_ENV })).toContain('APP_URL is required with SMTP_URL')
    expect(problems({ ...MAIL, NODE_ENV: 'production', APP_URL: 'http://auth.example.com' })).toContain('https://')
  })

  it('require a mail server and events in production if sign-ins wait for a mail', () => {
    const waiting = { NODE_ENV: 'production', REQUIRE_VERIFIED_EMAIL: 'true' }
    expect(problems(waiting)).toContain('REQUIRE_VERIFIED_EMAIL requires SMTP_URL')
    expect(problems({ ...waiting, ...MAIL })).toBe('')
    expect(problems({ ...waiting, ...MAIL, OUTBOX: 'false' })).toContain('REQUIRE_VERIFIED_EMAIL requires OUTBOX=true')
  })

  it('keep mails only in development, or where a folder is named, and never in production', () => {
    const folder = (env: Record<string, string>) => readConfig({ ...REQUIRED, ...env }).MAIL_DIR
    expect(folder({})).toBe('.postern/mail')
    expect(folder({ NODE_ENV: 'test' })).toBeUndefined()
    expect(folder({ NODE_ENV: 'test', MAIL_DIR: '/tmp/mails' })).toBe('/tmp/mails')
    expect(folder(MAIL)).toBeUndefined()
    expect(folder({ NODE_ENV: 'production' })).toBeUndefined()
    expect(problems({ NODE_ENV: 'production', MAIL_DIR: '/tmp/mails' })).toContain('MAIL_DIR is for development')
    expect(problems({ ...MAIL, MAIL_DIR: '/tmp/mails' })).toContain('MAIL_DIR has no effect with SMTP_URL')
  })
})
