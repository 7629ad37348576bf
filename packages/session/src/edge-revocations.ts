// Checks revocations where the revocation stream can't be followed.
import { withTimeout } from '@postern/contract/timeout'
import type { Claims } from './claims.js'
import { SessionError } from './errors.js'
import { globalFetch } from './key-set.js'
import { isBetween } from './numbers.js'

/** What a check gets besides the claims. */
export interface RevocationCheckContext {
  /** The token, whose signature, claims and times are valid. */
  readonly token: string
  /** Aborted when the time is up. */
  readonly signal: AbortSignal
}

/** Returns true for a revoked token and false for any other. Throws or rejects if it can't decide. */
export type RevocationCheck = (claims: Claims, context: RevocationCheckContext) => boolean | Promise<boolean>

/** How revocations are checked. */
export interface RevocationOptions {
  /**
   * `'none'`: a token is accepted until it expires, also after a logout or a change of the password. That is up to
   * ACCESS_TOKEN_TTL of the service, by default 15 minutes. Otherwise a function that checks each token: {@link serviceCheck},
   * or your own.
   */
  readonly revocations: 'none' | RevocationCheck
  /** How long a check may take, in seconds, above 0 to 60. Default 2. */
  readonly checkWithin?: number
  /** When a check fails or takes too long: `'deny'` refuses with 503, `'allow'` accepts without the check. Default `'deny'`. */
  readonly whenCheckFails?: 'deny' | 'allow'
}

const LATE = 'The check of revocations took too long'

/** Resolves to whether the token was checked. Rejects if it is revoked or, with `'deny'`, if the check fails. */
export function createRevocationCheck(
  options: RevocationOptions & { readonly onError: (error: Error) => void },
): (claims: Claims, token: string) => Promise<boolean> {
  const { revocations, checkWithin = 2, whenCheckFails = 'deny', onError } = options
  if (revocations !== 'none' && typeof revocations !== 'function')
    throw new TypeError("revocations must be 'none' or a function, such as serviceCheck({ url })")
  if (!isBetween(0, checkWithin, 60) || checkWithin === 0)
    throw new TypeError('checkWithin must be a number of seconds, above 0 and at most 60')
  if (!['deny', 'allow'].includes(whenCheckFails)) throw new TypeError("whenCheckFails must be 'deny' or 'allow'")
  if (revocations === 'none') return async () => false

  return async (claims, token) => {
    const controller = new AbortController()
    let revoked: unknown
    try {
      const checked = (async () => revocations(claims, { token, signal: controller.signal }))()
      revoked = await withTimeout(checked, checkWithin * 1000, () => {
        throw new Error(LATE)
      })
      // A check that forgets to return must not accept every token.
      if (typeof revoked !== 'boolean') throw new TypeError('The check of revocations must return true or false')
    } catch (cause) {
      controller.abort()
      onError(cause as Error)
      if (whenCheckFails === 'allow') return false
      throw new SessionError('revocations_unavailable', { cause })
    }
    if (revoked) throw new SessionError('revoked')
    return true
  }
}

/** Options of {@link serviceCheck}. */
export interface ServiceCheckOptions {
  /** The GraphQL endpoint of the service. */
  readonly url: string
  /** Replaces the global fetch, for example by a service binding. */
  readonly fetch?: typeof fetch
}

/**
 * Checks each token with one request to the service, which knows every revocation at once. It can't check tokens that are
 * bound to a key, as it has no proof to send: the check of them fails.
 *
 * @example
 * ```ts
 * import { createEdgeValidator, serviceCheck } from '@postern/session/edge'
 *
 * const sessions = createEdgeValidator({
 *   jwksUrl: 'https://auth.example.com/.well-known/jwks.json',
 *   revocations: serviceCheck({ url: 'https://auth.example.com/graphql' }),
 * })
 * ```
 */
export function serviceCheck(options: ServiceCheckOptions): RevocationCheck {
  const { url, fetch = globalFetch } = options
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new TypeError('url must be an http or https URL')
  return async ({ sub, cnf }, { token, signal }) => {
    if (cnf) throw new Error("serviceCheck can't check a token that is bound to a key")
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ profile { id } }' }),
      // A token must not follow a redirect to another server.
      redirect: 'manual',
      signal,
    })
    const { data, errors } = (await response.json().catch(() => ({}))) as ProfileAnswer
    if (data?.profile?.id === sub) return false
    if (errors?.[0]?.extensions?.code === 'UNAUTHENTICATED') return true
    throw new Error(`The service answered the check with status ${response.status}`)
  }
}

interface ProfileAnswer {
  readonly data?: { readonly profile?: { readonly id?: string } | null } | null
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[]
}
