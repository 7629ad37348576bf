// Registers the webhooks of the proof, as an administrator who exists without events.
import type { Pool } from 'mysql2/promise'
import { post } from '../load/answers.ts'
import { insertSessions } from '../stage/access-tokens.ts'
import { idOf, settle } from '../stage/schemas.ts'
import type { WebhookReceiver } from './webhook-receiver.ts'

const REGISTER = 'mutation ($input: RegisterWebhookInput!) { registerWebhook(input: $input) { secret } }'

/** A path for each type: a webhook gets at most 100 requests a second. */
const TYPES = { '/registered': 'user.registered', '/ended': 'session.revoked' }

export async function registerWebhooks(
  url: string,
  { database, jwtSecret, receiver }: { database: Pool; jwtSecret: string; receiver: WebhookReceiver },
): Promise<void> {
  await settle(database, 1)
  await database.query("UPDATE users SET role = 'ADMIN' WHERE id = ?", [idOf(1)])
  const [token] = await insertSessions(database, 1, jwtSecret)
  for (const [path, type] of Object.entries(TYPES)) {
    const variables = { input: { url: `${receiver.url}${path}`, eventTypes: [type] } }
    const { registerWebhook } = await post(url, JSON.stringify({ query: REGISTER, variables }), token)
    receiver.secrets.set(path, registerWebhook.secret as string)
  }
}
