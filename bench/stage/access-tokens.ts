// Sessions of users in the database, with their access tokens: so many that logging in would take minutes.
import { randomBytes, randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Pool } from 'mysql2/promise'
import { idOf } from './schemas.ts'

const BATCH = 2000
const TTL_SECONDS = 900

let serial = 0

/** Ids ascend like UUIDv7s, so that the service's own later ones follow them. */
const sessionId = () => `01900001-0000-7000-8000-${(++serial).toString(16).padStart(12, '0')}`

/** Starts one session for each of the first users, and returns their access tokens, signed as by the service. */
export async function insertSessions(database: Pool, count: number, secret: string): Promise<string[]> {
  const now = new Date()
  const later = new Date(now.getTime() + 86_400_000)
  const sessions = Array.from({ length: count }, (_, n) => ({ id: sessionId(), user: idOf(n + 1), jti: randomUUID() }))
  for (let start = 0; start < count; start += BATCH) {
    await database.query(
      `INSERT INTO sessions (id, user_id, generation, refresh_seed, last_jti, ip_address, rotated_at, created_at,
        last_used_at, expires_at, absolute_expires_at) VALUES ?`,
      [
        sessions
          .slice(start, start + BATCH)
          .map(({ id, user, jti }) => [id, user, 1, randomBytes(32), jti, '127.0.0.1', now, now, now, later, later]),
      ],
    )
  }
  const iat = Math.floor(now.getTime() / 1000)
  const proof = { auth_time: iat, amr: ['pwd'], acr: 'aal1' }
  const common = {
    iss: 'postern',
    aud: 'postern',
    client_id: 'postern',
    iat,
    nbf: iat,
    exp: iat + TTL_SECONDS,
    ...proof,
  }
  return sessions.map(({ id, user, jti }) =>
    jwt.sign({ ...common, sub: user, sid: id, jti, gen: 1, roles: ['USER'] }, secret, {
      algorithm: 'HS256',
      header: { alg: 'HS256', typ: 'at+jwt' },
    }),
  )
}
