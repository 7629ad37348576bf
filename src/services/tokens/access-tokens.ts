// Issues and verifies access tokens.
import { acrOf, type Amr } from '@postern/contract/claims'
import { ServiceError } from '@postern/service/errors'
import { createTokenVerifier, SessionError, type Claims } from '@postern/session'
import { type Clock, unixSeconds } from '@postern/service/clock'
import type { TokenFormat } from './formats.js'

interface NewToken {
  userId: string
  sessionId: string
  jti: string
  generation: number
  roles: string[]
  /** When and how the person has proved who they are. */
  authTime: Date
  amr: readonly Amr[]
  /** The thumbprint of the key that the token is bound to. Null for a bearer token. */
  dpopKey: string | null
}

export type TokenService = ReturnType<typeof createTokenService>

/**
 * Issues one format and verifies all accepted ones, with the verifier that validators use. `ttl` and `clockSkew` are in
 * seconds.
 */
export function createTokenService(options: {
  formats: { issued: TokenFormat; accepted: readonly TokenFormat[] }
  issuer: string
  audience: string
  clientId: string
  ttl: number
  clockSkew: number
  clock: Clock
}) {
  const { issuer, audience, clientId, ttl, clockSkew, clock } = options
  const { issued, accepted } = options.formats
  const keys = Object.assign({}, ...accepted.map((format) => format.keys)) as TokenFormat['keys']
  const verification = { ...keys, issuer, audience, clockSkew }
  const verifier = createTokenVerifier({ ...verification, now: () => clock().getTime() })

  return {
    /** What verifies its tokens, for a validator. */
    verification,

    /** Without personal data: a JWT is readable. */
    issue(token: NewToken): { token: string; expiresAt: Date } {
      const now = clock()
      const iat = unixSeconds(now)
      const claims: Claims = {
        iss: issuer,
        aud: audience,
        sub: token.userId,
        client_id: clientId,
        sid: token.sessionId,
        jti: token.jti,
        gen: token.generation,
        iat,
        nbf: iat,
        exp: iat + ttl,
        roles: token.roles,
        auth_time: unixSeconds(token.authTime),
        amr: token.amr,
        acr: acrOf(token.amr),
        ...(token.dpopKey !== null && { cnf: { jkt: token.dpopKey } }),
      }
      return { token: issued.write(claims, now), expiresAt: new Date(claims.exp * 1000) }
    },

    /**
     * Throws UNAUTHENTICATED unless it is a valid access token of this deployment. Does not check its session. `dpopKey`: the
     * thumbprint of the key that the client has proved to hold; then the token must be bound to it, and otherwise to none. `any`
     * accepts both.
     */
    verify(token: string, dpopKey?: string): Claims {
      try {
        return verifier.verify(token, dpopKey)
      } catch (error) {
        if (!(error instanceof SessionError)) throw error
        throw new ServiceError(error.status === 401 ? 'UNAUTHENTICATED' : 'SERVICE_UNAVAILABLE', { cause: error })
      }
    },
  }
}
