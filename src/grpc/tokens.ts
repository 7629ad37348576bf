// The RPC ValidateToken.
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Claims } from '@postern/contract/claims'
import type { TokenValidation } from '../services/sessions/index.js'
import { roleOf } from './messages.js'
import type { Response, Runs } from './rpc.js'

const INVALID: Response<'validateToken'> = { valid: false }

const time = (seconds: number) => timestampFromMs(seconds * 1000)

const answerTo = (claims: Claims | null): Response<'validateToken'> =>
  claims === null
    ? INVALID
    : {
        valid: true,
        userId: claims.sub,
        sessionId: claims.sid,
        tokenId: claims.jti,
        roles: claims.roles.map(roleOf),
        issuedAt: time(claims.iat),
        expiresAt: time(claims.exp),
        ...(claims.auth_time !== undefined && { authenticatedAt: time(claims.auth_time) }),
        amr: [...(claims.amr ?? [])],
        acr: claims.acr ?? '',
        ...(claims.cnf && { keyThumbprint: claims.cnf.jkt }),
      }

export const tokenRuns = (validation: Pick<TokenValidation, 'validate'>): Pick<Runs, 'validateToken'> => ({
  validateToken({ token }) {
    const found = validation.validate(token)
    return found instanceof Promise ? found.then(answerTo) : answerTo(found)
  },
})
