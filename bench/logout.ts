/**
 * Measures the time from the response to a logout until 20 validators refuse the token, with the service that `npm start`
 * runs: `npm run bench:logout`. The validators and the client that logs out share one process and its core.
 */
import { cpus } from 'node:os'
import { createSessionValidator, SessionError, type SessionValidator } from '@postern/session'
import { call, LOGIN, newAccount, url } from './client.ts'
import { percentile } from './session/setup.mjs'

const VALIDATORS = 20
const TIMES = Number(process.env['BENCH_TIMES'] ?? 1000)
const { JWT_SECRET, POSTERN_JWKS_URL, REVOCATION_KEY, REVOCATION_REDIS_URL, REDIS_URL } = process.env
const redis = REVOCATION_REDIS_URL ?? REDIS_URL
if (!redis || !(JWT_SECRET || POSTERN_JWKS_URL)) throw new Error('Start the service first, with: npm start')
const keys = {
  ...(POSTERN_JWKS_URL ? { jwksUrl: POSTERN_JWKS_URL } : { secret: JWT_SECRET! }),
  ...(REVOCATION_KEY && { revocationKey: REVOCATION_KEY }),
}

function isRefused(sessions: SessionValidator, token: string): boolean {
  try {
    sessions.validate(token)
    return false
  } catch (error) {
    if (error instanceof SessionError && error.code === 'revoked') return true
    throw error
  }
}

const { email, password } = await newAccount()
const starting = Array.from({ length: VALIDATORS }, () => createSessionValidator({ ...keys, redis }))
const validators = await Promise.all(starting)

const logouts: number[] = []
const refusals: number[] = []
let already = 0
for (let i = 0; i < TIMES; i++) {
  const { login } = await call(LOGIN, { input: { email, password } })
  const token = login.token as string
  for (const sessions of validators) sessions.validate(token)
  const sent = performance.now()
  await call('mutation { logout }', {}, token)
  const answered = performance.now()
  if (validators.every((sessions) => isRefused(sessions, token))) already++
  while (!validators.every((sessions) => isRefused(sessions, token))) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  refusals.push(performance.now() - answered)
  logouts.push(answered - sent)
}

console.log(
  `${url}, ${TIMES} logouts, ${VALIDATORS} validators; ${cpus().length} × ${cpus()[0]?.model}, shared by everything\n`,
)
const row = (name: string, times: number[]) => {
  const figures = [50, 99, 100].map((p) => percentile(times, p).toFixed(2).padStart(9))
  console.log(`${name.padEnd(44)}${figures.join('')}`)
}
console.log(`${''.padEnd(44)}${['p50 ms', 'p99 ms', 'max ms'].map((title) => title.padStart(9)).join('')}`)
row('logout answered → refused at every validator', refusals)
row('the logout itself', logouts)
console.log(`\n${already} of ${TIMES} tokens were refused everywhere when the response arrived.`)
await Promise.all(validators.map((sessions) => sessions.close()))
