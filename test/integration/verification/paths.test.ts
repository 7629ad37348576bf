import { tracingChannel } from 'node:diagnostics_channel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { codeAfter, mailsAreHandled } from '../../support/mail-codes.js'
import { type Service, startService } from '../../support/service.js'

const REQUESTS = ['requestPasswordReset', 'resendVerificationCode'].map(
  (name) => [name, `mutation ($email: String!) { ${name}(email: $email) }`] as const,
)
const GUESSES = [
  ['verifyEmail', 'mutation ($email: String!) { verifyEmail(input: { email: $email, code: "00000000" }) }'],
  [
    'resetPassword',
    `mutation ($email: String!) {
      resetPassword(input: { email: $email, code: "00000000", newPassword: "battery staple 7" })
    }`,
  ],
] as const

let service: Service
/** What the service sends to MariaDB: one test file runs at a time in this process. */
let statements: string[] = []
const listener = { start: ({ query }: { query: string }) => void statements.push(query.replaceAll(/\s+/g, ' ')) }
const execute = tracingChannel('mysql2:execute')

beforeAll(async () => {
  // Without background jobs and consumers of events, every statement is one of the request.
  service = await startService({ CONSUMERS: '0' }, { alone: true })
  execute.subscribe(listener as never)
})
afterAll(async () => {
  execute.unsubscribe(listener as never)
  await service.stop()
})

/** Accounts in every state that an answer must not reveal. */
async function addresses(): Promise<string[]> {
  const [known, verified, disabled] = [await service.register(), await service.register(), await service.register()]
  await service.database.query('UPDATE users SET email_verified_at = NOW() WHERE id = ?', [verified.id])
  await service.app.services.accounts.operation.disable(disabled.id)
  await codeAfter(service, known.email, () =>
    service.succeed('mutation ($email: String!) { requestPasswordReset(email: $email) }', { email: known.email }),
  )
  return [known.email, verified.email, disabled.email, `${unique()}@example.com`]
}

/** The statements between a request and its response. */
async function statementsOf(query: string, email: string): Promise<string[]> {
  await mailsAreHandled(service)
  statements = []
  await service.graphql(query, { email })
  // Events of earlier requests are still being published.
  return statements.filter((sql) => !/outbox|event_deliveries|processed_events|webhook|signal/.test(sql))
}

describe('what the service does before it responds', () => {
  it.each(REQUESTS)('is one statement in %s, whether there is an account or not', async (_, query) => {
    const seen = new Set<string>()
    // What follows is handled after the response.
    for (const email of await addresses()) seen.add((await statementsOf(query, email))[0] ?? '')
    expect([...seen]).toEqual([expect.stringContaining('INSERT INTO mail_requests')])
  })

  it.each(GUESSES)('is the same in %s, whether there is an account and a code or not', async (_, query) => {
    const seen = new Set<string>()
    for (const email of await addresses()) seen.add(JSON.stringify(await statementsOf(query, email)))
    expect([...seen]).toEqual([expect.stringContaining('UPDATE verification_codes')])
  })
})
