/**
 * How long after Redis has a revocation 20 validators refuse the token: `node bench/session/propagation.ts`. They share
 * one process and one core with the writer, so each of them alone is faster.
 */
import { createSessionValidator, SessionError, type SessionValidator } from '@postern/session'
import { decodeJwt } from 'jose'
import { percentile, SECRET, signHS256, startLog } from './setup.mjs'

const TIMES = 1000

const log = await startLog()
const start20 = Array.from({ length: 20 }, () => createSessionValidator({ secret: SECRET, redis: log.url }))
const validators = await Promise.all(start20)

function refuses(sessions: SessionValidator, token: string): boolean {
  try {
    sessions.validate(token)
    return false
  } catch (error) {
    return error instanceof SessionError && error.code === 'revoked'
  }
}

const times: number[] = []
for (let i = 0; i < TIMES; i++) {
  const token = signHS256()
  for (const sessions of validators) sessions.validate(token)
  await log.revoke(String(decodeJwt(token).jti))
  const start = performance.now()
  while (!validators.every((sessions) => refuses(sessions, token))) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  times.push(performance.now() - start)
}
const [p50, p99, longest] = [50, 99, 100].map((p) => percentile(times, p).toFixed(2))
console.log(`Redis has it → all 20 refuse, ${TIMES} times: p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms`)

await Promise.all(validators.map((sessions) => sessions.close()))
log.stop()
