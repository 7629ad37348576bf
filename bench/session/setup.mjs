// What the benchmarks of @postern/session share: keys, tokens, and a revocation stream.
import { spawn } from 'node:child_process'
import { createSecretKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import jwt from 'jsonwebtoken'
import { deriveRevocationKey, encodeEntry, REVOCATION_STREAM } from '@postern/session/protocol'

export const SECRET = 'a secret of the benchmarks that has 32 bytes or more'
export const secretKey = createSecretKey(Buffer.from(SECRET))
export const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const now = Math.floor(Date.now() / 1000)
const claims = () => {
  const [sub, sid, jti] = [randomUUID(), randomUUID(), randomUUID()]
  return { iss: 'postern', aud: 'postern', sub, sid, jti, gen: 3, iat: now, nbf: now, exp: now + 3600, roles: ['USER'] }
}
export const signHS256 = () =>
  jwt.sign(claims(), secretKey, { algorithm: 'HS256', header: { alg: 'HS256', typ: 'at+jwt' } })
export const signES256 = () =>
  jwt.sign(claims(), pair.privateKey, { algorithm: 'ES256', header: { alg: 'ES256', typ: 'at+jwt', kid: 'k1' } })

/** Starts a private redis-server with a revocation stream that gets a checkpoint every second. */
export async function startStream() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
  probe.close()
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '']
  const server = spawn('redis-server', options, { stdio: 'ignore' })
  const redis = new Redis({ port, maxRetriesPerRequest: null, retryStrategy: () => 20 })
  redis.on('error', () => {})
  await redis.ping()
  const key = deriveRevocationKey(SECRET)
  const append = (/** @type {import('@postern/session/protocol').LogEntry} */ entry) =>
    redis.xadd(REVOCATION_STREAM, '*', ...encodeEntry(key, entry))
  await append({ kind: 'epoch', epoch: 1 })
  const timer = setInterval(() => void append({ kind: 'checkpoint', epoch: 1 }), 1000)
  return {
    url: `redis://127.0.0.1:${port}`,
    /** Resolves when the revocation is in Redis. */
    revoke: (/** @type {string} */ jti) => {
      const revocation = /** @type {const} */ ({ v: 1, scope: 'token', reason: 'logout' })
      const entry = { ...revocation, jti, sub: randomUUID(), exp: now + 3600 }
      return append({ kind: 'revocation', epoch: 1, revocation: entry })
    },
    stop() {
      clearInterval(timer)
      redis.disconnect()
      server.kill('SIGKILL')
    },
  }
}

/** The value below which `p` percent of the numbers lie. @param {number[]} numbers @param {number} p */
export function percentile(numbers, p) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? NaN
}
