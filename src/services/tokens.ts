import { createSecretKey } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { AuthError } from '../errors.js'
import { type Clock, unixSeconds } from './clock.js'

/** What an access token says. No personal data: everybody who holds it can read it. Times in Unix seconds. */
export interface AccessClaims {
  iss: string
  aud: string
  /** The user's id. */
  sub: string
  /** The session's id. */
  sid: string
  jti: string
  /** The user's generation at the time of issue. */
  gen: number
  iat: number
  nbf: number
  exp: number
  roles: string[]
}

export type TokenService = ReturnType<typeof createTokenService>

/** RFC 9068: the type that keeps any other kind of JWT from passing as an access token. */
const TYPE = 'at+jwt'

/** Issues and verifies access tokens: JWTs signed with HS256. `ttl` and `clockSkew` in seconds. */
export function createTokenService(options: {
  secret: string
  issuer: string
  audience: string
  ttl: number
  clockSkew: number
  clock: Clock
}) {
  const { issuer, audience, ttl, clock } = options
  // A KeyObject is prepared once; a string would be on every call.
  const key = createSecretKey(Buffer.from(options.secret))

  return {
    issue(token: { userId: string; sessionId: string; jti: string; generation: number; roles: string[] }): {
      token: string
      expiresAt: Date
    } {
      const iat = unixSeconds(clock())
      const claims: AccessClaims = {
        iss: issuer,
        aud: audience,
        sub: token.userId,
        sid: token.sessionId,
        jti: token.jti,
        gen: token.generation,
        iat,
        nbf: iat,
        exp: iat + ttl,
        roles: token.roles,
      }
      return {
        token: jwt.sign(claims, key, { algorithm: 'HS256', header: { alg: 'HS256', typ: TYPE } }),
        expiresAt: new Date(claims.exp * 1000),
      }
    },

    /** Throws UNAUTHENTICATED for whatever is not a living access token of this deployment. Says nothing of its session. */
    verify(token: string): AccessClaims {
      try {
        const { header, payload } = jwt.verify(token, key, {
          complete: true,
          algorithms: ['HS256'],
          issuer,
          audience,
          clockTolerance: options.clockSkew,
          clockTimestamp: unixSeconds(clock()),
        })
        if (header.typ === TYPE && isAccessClaims(payload)) return payload
      } catch (error) {
        throw new AuthError('UNAUTHENTICATED', { cause: error })
      }
      throw new AuthError('UNAUTHENTICATED')
    },
  }
}

function isAccessClaims(payload: unknown): payload is AccessClaims {
  if (typeof payload !== 'object' || payload === null) return false
  const claims = payload as Record<string, unknown>
  return (
    ['iss', 'aud', 'sub', 'sid', 'jti'].every((name) => typeof claims[name] === 'string') &&
    ['gen', 'iat', 'nbf', 'exp'].every((name) => Number.isSafeInteger(claims[name])) &&
    Array.isArray(claims['roles'])
  )
}
