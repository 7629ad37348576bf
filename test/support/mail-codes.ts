// The codes that mails carry, computed from their events as the service computes them.
import { createCodeOf } from '../../src/services/verification/index.js'
import type { TestDatabase } from './database.js'
import { TEST_ENVIRONMENT } from './service.js'
import { until } from './wait.js'

const codeOf = createCodeOf(TEST_ENVIRONMENT.REFRESH_KEY)

interface WithDatabase {
  database: TestDatabase
}

export interface Mail {
  id: string
  type: string
  code: string
}

/** The mails to an address that were requested so far, the newest first. */
export async function mailsTo({ database }: WithDatabase, email: string): Promise<Mail[]> {
  const events = await database.query<{ id: string; type: string }>(
    `SELECT id, type FROM outbox WHERE JSON_VALUE(data, '$.email') = ?
     AND (type = 'user.registered' OR type LIKE 'mail.%') ORDER BY id DESC`,
    [email],
  )
  return events.map(({ id, type }) => ({ id, type, code: codeOf(id) }))
}

/** Waits until no request for a mail is left to be handled. */
export async function mailsAreHandled({ database }: WithDatabase): Promise<void> {
  const waiting = () => database.query('SELECT id FROM mail_requests')
  await until('the requests for mails are handled', async () => (await waiting()).length === 0)
}

/** Sends `request`, which causes a mail, and returns the code in it. */
export async function codeAfter(
  service: WithDatabase,
  email: string,
  request: () => Promise<unknown>,
): Promise<string> {
  const before = (await mailsTo(service, email)).length
  await request()
  await until('the mail is requested', async () => (await mailsTo(service, email)).length > before)
  return (await mailsTo(service, email))[0]!.code
}
