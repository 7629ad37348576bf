// What a client can do about a 401: RFC 6750, RFC 9449 and RFC 9470.
import { bearerToken, dpopToken, usesDpop } from '@postern/contract/bearer'
import { DPOP_ALGORITHMS, dpopChallenge } from '@postern/contract/dpop'
import type { FastifyRequest } from 'fastify'

/** How a request says who sends it. */
export interface Credentials {
  readonly scheme: 'Bearer' | 'DPoP'
  /** Whether it has a token, and needs one: then a 401 is about the token. */
  readonly areChecked: boolean
}

export function credentialsOf({ headers: { authorization }, facts }: FastifyRequest): Credentials {
  const hasToken = (bearerToken(authorization) ?? dpopToken(authorization)) !== null
  return {
    scheme: usesDpop(authorization) ? 'DPoP' : 'Bearer',
    areChecked: hasToken && facts.operation?.access !== 'public',
  }
}

interface Refused {
  readonly code: string
  readonly message: string
  readonly metadata: Readonly<Record<string, string>>
}

/** The headers of the response to an error of a service with this status. Every 401 has a challenge (RFC 9110 section 15.5.2). */
export function challengeOf(
  http: number,
  { code, message, metadata: { nonce, maxAge } }: Refused,
  { scheme, areChecked }: Credentials,
): Record<string, string> {
  if (http !== 401) return {}
  const text = message.replaceAll(/["\\]|[^\x20-\x7e]/g, '')
  if (code === 'INVALID_DPOP_PROOF') return { 'www-authenticate': dpopChallenge('invalid_dpop_proof', text) }
  if (code === 'USE_DPOP_NONCE')
    return {
      'www-authenticate': dpopChallenge('use_dpop_nonce', text),
      ...(nonce !== undefined && /^[\x21-\x7e]+$/.test(nonce) && { 'dpop-nonce': nonce }),
    }
  const described = (error: string) => `error="${error}", error_description="${text}"`
  if (code !== 'REAUTHENTICATION_REQUIRED')
    return { 'www-authenticate': challenge(scheme, areChecked ? described('invalid_token') : '') }
  const age = maxAge !== undefined && /^\d+$/.test(maxAge) ? `, max_age="${maxAge}"` : ''
  return { 'www-authenticate': challenge(scheme, described('insufficient_user_authentication') + age) }
}

/** The challenge of a token that was refused, whose scheme is Bearer until the request says otherwise. */
export const inSchemeOf = ({ headers: { authorization } }: FastifyRequest, given: string): string =>
  usesDpop(authorization)
    ? given.replace(/^Bearer ?(.*)$/, (_, parameters: string) => challenge('DPoP', parameters))
    : given

function challenge(scheme: Credentials['scheme'], parameters: string): string {
  const algorithms = `algs="${DPOP_ALGORITHMS.join(' ')}"`
  const all = [scheme === 'DPoP' ? algorithms : '', parameters].filter((part) => part !== '')
  return [scheme, all.join(', ')].join(' ').trimEnd()
}
