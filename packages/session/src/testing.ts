/**
 * For tests of services that use this package: real tokens and real checks, without Redis and without the auth service.
 *
 * @packageDocumentation
 */
import { randomBytes, randomUUID } from 'node:crypto'
import jwa from 'jwa'
import type { Claims } from './claims.js'
import { SessionError, type SessionErrorCode } from './errors.js'
import { counted, type Outcomes } from './outcomes.js'
import type { Revocation } from './protocol.js'
import { RevocationTable } from './revocation-table.js'
import type { SessionValidator } from './validator.js'
import { createTokenVerifier } from './verifier.js'

/** A validator, and the issuer of its tokens, in one process. */
export interface TestSessions {
  /** The validator for the code under test. */
  readonly sessions: SessionValidator
  /** Issues a valid token for a new user and session that expires after 15 minutes. `changes` replace its claims. */
  token(changes?: Partial<Claims>): string
  /** The value of an `Authorization` header with such a token. */
  bearer(changes?: Partial<Claims>): string
  /** Revokes all tokens of a session, as `logout` does. */
  revokeSession(sessionId: string): void
  /** Revokes one token. */
  revokeToken(tokenId: string): void
  /** Revokes the tokens of a user whose `gen` is below `generation`. */
  revokeUser(userId: string, generation: number): void
  /** Makes every validation fail with this code (`not_ready`, `stale`, …), until it is called with null. */
  fail(code: SessionErrorCode | null): void
}

/**
 * Creates a validator for tests. A random secret signs its tokens, so no other validator accepts them.
 *
 * @example
 * ```ts
 * import { createTestSessions } from '@postern/session/testing'
 *
 * const test = createTestSessions()
 * const token = test.token({ sub: 'user-1', sid: 'session-1', roles: ['ADMIN'] })
 * test.sessions.validate(token).sub // 'user-1'
 * test.revokeSession('session-1') // validate(token) now throws `revoked`
 * test.fail('stale') // and now `stale`, with status 503
 * ```
 */
export function createTestSessions(): TestSessions {
  const secret = randomBytes(32)
  const table = new RevocationTable(100_000)
  const verifier = createTokenVerifier({ secret, revocations: table })
  const outcomes: Outcomes = { accepted: 0, refused: 0, unavailable: 0 }
  let failure: SessionErrorCode | null = null
  const seconds = () => Math.floor(Date.now() / 1000)

  const token = (changes: Partial<Claims> = {}): string => {
    const [sub, sid, jti, now] = [randomUUID(), randomUUID(), randomUUID(), seconds()]
    const times = { iat: now, nbf: now, exp: now + 900 }
    const parties = { iss: 'postern', aud: 'postern', client_id: 'postern' }
    const proof = { auth_time: now, amr: ['pwd'], acr: 'aal1' }
    const payload = { ...parties, sub, sid, jti, gen: 1, ...times, roles: ['USER'], ...proof, ...changes }
    const parts = [{ alg: 'HS256', typ: 'at+jwt' }, payload]
    const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${input}.${jwa('HS256').sign(input, secret as never)}`
  }
  const revoke = (revocation: Pick<Revocation, 'scope' | 'sub'> & Partial<Revocation>): void => {
    table.add({ v: 1, exp: seconds() + 86_400, reason: 'test', ...revocation }, seconds())
  }
  return {
    sessions: {
      validate: counted(outcomes, (given, key) => {
        if (failure) throw new SessionError(failure)
        return verifier.verify(given, key)
      }),
      status: () => ({
        ready: failure === null,
        connected: failure === null,
        lagMs: 0,
        revocations: table.size,
        remembered: verifier.remembered,
        epoch: 1,
        counters: {
          ...outcomes,
          entries: 0,
          ignored: 0,
          leftover: 0,
          replays: 1,
          connections: 1,
          keyFetches: 0,
          keyFetchFailures: 0,
        },
      }),
      async close() {
        failure = 'closed'
      },
    },
    token,
    bearer: (changes) => `Bearer ${token(changes)}`,
    revokeSession: (sid) => revoke({ scope: 'session', sid, sub: 'unknown' }),
    revokeToken: (jti) => revoke({ scope: 'token', jti, sub: 'unknown' }),
    revokeUser: (sub, gen) => revoke({ scope: 'user', sub, gen }),
    fail: (code) => void (failure = code),
  }
}
