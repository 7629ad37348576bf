/**
 * Measures the time from a revocation in Redis until 20 validators refuse the token: `node bench/session/propagation.ts`.
 * They share one process and one core with the writer, so a single validator is faster.
 */
import { createSessionValidator, SessionError, type SessionValidator } from '@postern/session'
import { decodeJwt } from 'jose'
import { percentile, SECRET, signHS256, startStream } from './setup.mjs'

const TIMES = 1000

const stream = await startStream()
const starting = Array.from({ length: 20 }, () => createSessionValidator({ secret: SECRET, redis: stream.url }))
const validators = await Promise.all(starting)

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
  await stream.revoke(String(decodeJwt(token).jti))
  const start = performance.now()
  while (!validators.every((sessions) => refuses(sessions, token))) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  times.push(performance.now() - start)
}
const [p50, p99, max] = [50, 99, 100].map((p) => percentile(times, p).toFixed(2))
console.log(`revocation in Redis → refused by all 20, ${TIMES} times: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`)

await Promise.all(validators.map((sessions) => sessions.close()))
stream.stop()
