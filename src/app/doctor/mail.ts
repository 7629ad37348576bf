// Checks mails: whether the mail server accepts the connection and the password, and whether the templates can be used.
import type { Config } from '../../config/index.js'
import { type Finding, ok, problem, warning } from './finding.js'
import { isLoopback } from './tls.js'

export async function checkMail(config: Config): Promise<Finding[]> {
  return [await checkServer(config), ...checkEncryption(config), ...(await checkTemplates(config))]
}

/** Signs in, and sends no mail. */
async function checkServer({
  SMTP_URL: server,
  SMTP_CA: ca,
  MAIL_FROM: from,
  MAIL_DIR,
  NOTIFICATION_GRPC_URL,
}: Config): Promise<Finding> {
  if (NOTIFICATION_GRPC_URL) return ok('Mail', 'The notification service sends it.')
  if (MAIL_DIR !== undefined) return ok('Mail', `kept in ${MAIL_DIR} and shown at /mail`)
  if (server === undefined)
    return warning(
      'Mail',
      'SMTP_URL is not set: no mails are sent, so no one can verify an address or reset a password.',
      'Set SMTP_URL, MAIL_FROM, APP_NAME and APP_URL: docs/mail.md.',
    )
  const { createSmtp } = await import('@postern/delivery/mail/smtp')
  const smtp = createSmtp(server, { from, ca })
  try {
    await smtp.check()
    return ok('Mail', `The mail server responds${server.user === undefined ? '' : ' and accepts the password'}.`)
  } catch (error) {
    const text = `${(error as Error).message} Mails wait until it can be used.`
    return problem('Mail', text, 'Check SMTP_URL, SMTP_CA and the way to the server.')
  } finally {
    smtp.close()
  }
}

function checkEncryption({ SMTP_URL: server }: Config): Finding[] {
  if (server?.encryption !== 'none' || isLoopback(server.host)) return []
  const text = 'The connection of SMTP_URL is not encrypted, and mails carry codes.'
  return [warning('Mail TLS', text, 'Remove starttls=off, or use smtps://')]
}

async function checkTemplates({
  APP_NAME: appName,
  APP_URL: appUrl,
  MAIL_TEMPLATES_DIR: directory,
}: Config): Promise<Finding[]> {
  if (directory === undefined) return []
  const { createTemplates } = await import('@postern/delivery/mail/templates')
  try {
    createTemplates({ appName, appUrl }, directory)
    return [ok('Mail templates', directory)]
  } catch (error) {
    return [problem('Mail templates', (error as Error).message, 'Correct the template: docs/mail.md.')]
  }
}
