// The access token of a service account of Google (RFC 7523): asked for with a signed token, and kept until it expires.
import { createPrivateKey } from 'node:crypto'
import type { OutboundRequests } from '@postern/delivery/outbound/requests'
import { retryAfterOf } from '@postern/delivery/outbound/retry-after'
import { parseAnswer } from '../attempts.js'
import { TryAgain } from '../channel.js'
import { signToken } from '../signed-tokens.js'
import type { ServiceAccount } from './service-account.js'

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const ASSERTION_SECONDS = 3600

/** It is renewed so long before it expires. */
const MARGIN_MS = 5 * 60_000

export interface AccessTokens {
  /** Throws TryAgain and OutboundFailure. */
  current(): Promise<string>
  /** FCM does not accept it any more. */
  forget(token: string): void
}

interface Parts {
  account: ServiceAccount
  send: OutboundRequests['send']
  now?: () => number
}

export function createAccessTokens({ account, send, now = Date.now }: Parts): AccessTokens {
  const privateKey = createPrivateKey(account.privateKey)
  let kept: { token: string; until: number } | null = null
  let asked: Promise<string> | null = null

  function assertion(): string {
    const { clientEmail: iss, tokenUri: aud, privateKeyId: keyId } = account
    const iat = Math.floor(now() / 1000)
    const claims = { iss, scope: SCOPE, aud, iat, exp: iat + ASSERTION_SECONDS }
    return signToken(claims, { algorithm: 'RS256', privateKey, keyId })
  }

  /** Not the attempt's signal: others wait for the same token. */
  async function ask(): Promise<string> {
    const body = new URLSearchParams({ grant_type: GRANT, assertion: assertion() }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { status, retryAfter, body: text } = await send(account.tokenUri, { method: 'POST', headers, body })
    const answer = parseAnswer(text) as { access_token?: unknown; expires_in?: unknown } | null
    if (status !== 200 || typeof answer?.access_token !== 'string')
      throw new TryAgain(`Google gave no access token (${status}).`, {
        retryAfter: retryAfterOf(retryAfter, new Date()),
      })
    const seconds = typeof answer.expires_in === 'number' ? answer.expires_in : 0
    kept = { token: answer.access_token, until: now() + seconds * 1000 - MARGIN_MS }
    return kept.token
  }

  return {
    current() {
      if (kept && now() < kept.until) return Promise.resolve(kept.token)
      asked ??= ask().finally(() => (asked = null))
      return asked
    },
    forget(token) {
      if (kept?.token === token) kept = null
    },
  }
}
