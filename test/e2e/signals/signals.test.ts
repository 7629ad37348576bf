import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../support/free-port.js'
import { codeAfter } from '../../support/mail-codes.js'
import { startServiceProcess } from '../../support/process.js'
import { startReceiver, startSignalService, type SignalService } from '../../support/signals.js'
import { runSnippet, snippetsOf } from '../../support/snippets.js'
import { until } from '../../support/wait.js'

let service: SignalService
let issuer: string

beforeAll(async () => {
  const port = await freePort()
  issuer = `http://127.0.0.1:${port}`
  service = await startSignalService({ PORT: `${port}`, JWT_ISSUER: issuer })
})
afterAll(() => service.stop())

const VERIFY = 'mutation ($id: ID!, $state: String) { requestSignalVerification(id: $id, state: $state) }'
const DELETE = 'mutation ($id: ID!) { deleteSignalStream(id: $id) }'

it('sends what happens to an account: a logout, a new password, a lock by an operator, a deletion', async () => {
  const receiver = await startReceiver(() => ({ status: 202 }))
  const stream = await service.createStream({ delivery: 'PUSH', endpointUrl: receiver.url })
  const user = await service.signUp()
  const { operation } = service.app.services.accounts
  await service.succeed('mutation { logout }', {}, user.token)
  const request = 'mutation ($email: String!) { requestPasswordReset(email: $email) }'
  const code = await codeAfter(service, user.email, () => service.succeed(request, { email: user.email }))
  const reset = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'
  const password = 'battery staple 7'
  await service.succeed(reset, { input: { email: user.email, code, newPassword: password } })
  await operation.disable(user.email)
  await operation.enable(user.email)
  const { token } = await service.login({ email: user.email, password })
  await service.succeed('mutation ($password: String!) { deleteAccount(password: $password) }', { password }, token)
  /** About this user: the change of the administrator's role may arrive, too. */
  async function received() {
    const tokens = await Promise.all(receiver.requests.map(({ body }) => service.verifyToken(body)))
    return tokens.filter(({ payload }) => JSON.stringify(payload['sub_id']).includes(user.id))
  }
  const typeOf = ({ type }: { type: string }) => type.split('/').at(-1)
  await until('all have arrived', async () => (await received()).some((one) => typeOf(one) === 'account-purged'))
  const expected = [
    ...['account-disabled', 'account-enabled', 'account-purged', 'credential-change'],
    ...['session-revoked', 'session-revoked', 'session-revoked', 'session-revoked'],
  ]
  await until('none is missing', async () => (await received()).length >= expected.length)
  const all = await received()
  expect(all.map(typeOf).toSorted()).toEqual(expected)
  const reasons = all.map(({ event }) => (event['reason_admin'] as { en: string } | undefined)?.en)
  expect(reasons.filter(Boolean).toSorted()).toEqual([
    'The account was deleted.',
    'The account was disabled.',
    'The password was reset by mail.',
    'The password was reset.',
    'The user signed out.',
  ])
  const subject = { format: 'iss_sub', iss: issuer, sub: user.id }
  for (const { payload } of all) expect([payload['sub_id'], payload['sub_id'].user]).toContainEqual(subject)
  await service.ask(DELETE, { id: stream.id })
  await receiver.stop()
})

it('sends again what a killed process was sending, with the same jti', async () => {
  // Creates what the processes need, and pushes nothing.
  const shared = await startSignalService({}, { alone: true })
  onTestFinished(() => shared.stop())
  let answers = false
  const receiver = await startReceiver(() => (answers ? { status: 202 } : null))
  onTestFinished(() => receiver.stop())
  const { id } = await shared.createStream({ delivery: 'PUSH', endpointUrl: receiver.url })
  const first = await startServiceProcess({ ...shared.environment, PORT: '0' })
  await first.succeed(VERIFY, { id }, shared.admin.token)
  await until('it pushes', () => receiver.requests.length > 0)
  first.kill('SIGKILL')
  await first.finished
  answers = true
  const [stream] = await shared.database.query<{ seconds: number }>(
    'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), push_due_at) AS seconds FROM signal_streams',
  )
  expect(Number(stream!.seconds)).toBeLessThanOrEqual(30)
  await shared.database.query('UPDATE signal_streams SET push_due_at = UTC_TIMESTAMP(3)')
  const second = await startServiceProcess({ ...shared.environment, PORT: '0' })
  onTestFinished(() => second.kill('SIGKILL'))
  await until('it has arrived', async () => (await shared.database.query('SELECT jti FROM signals')).length === 0)
  const tokens = await Promise.all(receiver.requests.map(({ body }) => shared.verifyToken(body)))
  // The first process may also have pushed what happened to the administrator.
  const sent = [...Map.groupBy(tokens, ({ payload }) => payload.jti).values()]
  expect(sent.some(({ length }) => length > 1)).toBe(true)
  for (const [first, ...again] of sent) for (const { payload } of again) expect(payload).toEqual(first!.payload)
})

describe('the receivers of docs/shared-signals.md', () => {
  const [push, poll] = snippetsOf('docs/shared-signals.md')
  it('receive pushes', async () => {
    const port = await freePort()
    const program = runSnippet(push!, {
      replace: { 'https://auth.example.com': issuer, 'listen(8300)': `listen(${port})` },
    })
    const { id } = await service.createStream({
      delivery: 'PUSH',
      endpointUrl: `http://127.0.0.1:${port}/events`,
      authorizationHeader: 'Bearer a-secret-of-the-receiver',
    })
    await service.ask(VERIFY, { id, state: 'from the docs' })
    await program.until('it prints the event', async () => program.output().includes('from the docs'))
    await service.ask(DELETE, { id })
    await program.terminate()
  })

  it('poll', async () => {
    const { id, token } = await service.createStream({ delivery: 'POLL' })
    await service.ask(VERIFY, { id, state: 'from the docs' })
    const program = runSnippet(poll!, {
      replace: { 'https://auth.example.com': issuer },
      env: { STREAM_ID: id, STREAM_TOKEN: token },
    })
    await program.until('it prints the event', async () => program.output().includes('from the docs'))
    const query = 'query ($id: ID!) { node(id: $id) { ... on SignalStream { waiting } } }'
    await until('it is acknowledged', async () => (await service.ask(query, { id }))['node'].waiting === 0)
    await program.terminate()
    await service.ask(DELETE, { id })
  })
})
