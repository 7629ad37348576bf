import { createConnection, type Connection } from 'mysql2/promise'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LOGIN, type SignedIn } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
/** Another program, which has locked the rows of `blocked`. */
let blocker: Connection
let blocked: SignedIn
let other: SignedIn
/** Nothing but reads, because too many logins would end their session. */
let reader: SignedIn

const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { refreshToken } }'
const RENAME = 'mutation { updateProfile(input: { firstName: "Ada" }) { id } }'
const PROFILE = '{ profile { id } }'

beforeAll(async () => {
  service = await startService({ DATABASE_POOL_SIZE: '1', DATABASE_TIMEOUT: '2' })
})
afterAll(() => service.stop())

beforeEach(async () => {
  other = await service.signUp()
  ;[blocked, reader] = await Promise.all([service.signUp(), service.signUp()])
  // The first use of each kind of connection, so that the tests begin with those that are open.
  await service.succeed(RENAME, {}, other.token)
  blocker = await createConnection(service.database.url)
  // Locks the rows, but not the gaps between them, where the sessions of others go.
  await blocker.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
  await blocker.query('BEGIN')
  await blocker.query('SELECT * FROM users WHERE id = ? FOR UPDATE', [blocked.id])
  await blocker.query('SELECT * FROM sessions WHERE user_id = ? FOR UPDATE', [blocked.id])
})
afterEach(async () => {
  await blocker.query('ROLLBACK')
  await blocker.end()
  await until('the service is ready', async () => (await ready()) === 200)
})

const ready = async () => (await fetch(`${service.url}/health/ready`)).status

type Send = (user: SignedIn) => Promise<{ code: string | undefined }>

/** One of each kind of connections that write. */
const WRITES: Record<string, Send> = {
  'profile changes': ({ token }) => service.graphql(RENAME, {}, token),
  logins: ({ email, password }) => service.graphql(LOGIN, { input: { email, password } }),
  refreshes: ({ refreshToken }) => service.graphql(REFRESH, { token: refreshToken }),
}

/** Sends writes that wait for the locked rows, ten at a time, while `during` runs. */
async function whileWaiting(send: Send, during: (failed: () => number) => Promise<void>): Promise<void> {
  let isOver = false
  let failed = 0
  const writes = Array.from({ length: 10 }, async () => {
    while (!isOver) if ((await send(blocked)).code === 'SERVICE_UNAVAILABLE') failed += 1
  })
  try {
    await during(() => failed)
  } finally {
    isOver = true
    await blocker.query('ROLLBACK')
    await Promise.all(writes)
  }
}

describe.each(Object.keys(WRITES))('while %s get no connection', (name) => {
  it('the service is not ready, although it reads', async () => {
    await whileWaiting(WRITES[name]!, async () => {
      await until('the service is not ready', async () => (await ready()) === 503, { seconds: 10 })
      await service.succeed(PROFILE, {}, reader.token)
    })
  })

  it.each(Object.keys(WRITES).filter((kind) => kind !== name))('%s of others succeed', async (kind) => {
    await whileWaiting(WRITES[name]!, async (failed) => {
      const codes = new Set<string>()
      // By then, a breaker that counts these would have opened several times.
      while (failed() < 30) {
        for (const answer of [await WRITES[kind]!(other), await service.graphql(PROFILE, {}, reader.token)])
          codes.add(answer.code ?? 'OK')
      }
      expect([...codes]).toEqual(['OK'])
    })
  })
})
