// The access token for calls of other services: fresh, or else the best there is.
import { field } from './answer.js'
import { PosternError } from './errors.js'
import type { RefreshTokenResponse } from './generated/schema.js'
import { timesOf, type TokenTimes } from './token-lifetime.js'
import { untilAborted } from './transport.js'

/** As a client without cookies keeps them. */
export interface Tokens extends TokenTimes {
  readonly token: string
  readonly refreshToken: string
}

export function tokensOf(answer: RefreshTokenResponse): Tokens {
  const token = field({ token: answer.token }, 'token')
  const refreshToken = field({ refreshToken: answer.refreshToken }, 'refreshToken')
  return { token, refreshToken, ...timesOf(token, answer.expiresAt) }
}

interface Parts {
  held: () => Tokens | null
  era: () => number
  /** Resolves to false if it was not this call that has refreshed. */
  refresh: () => Promise<boolean>
}

/** Rejects with UNAUTHENTICATED if the session is over, or is replaced before there is a token. */
export async function freshToken({ held, era, refresh }: Parts, signal: AbortSignal | undefined): Promise<string> {
  const begun = era()
  for (;;) {
    signal?.throwIfAborted()
    const tokens = held()
    if (!tokens || begun !== era()) throw new PosternError('UNAUTHENTICATED', { message: 'Sign in first.' })
    if (Date.now() < tokens.renewAt) return tokens.token
    try {
      // A token just received is the best there is, even if it is as short-lived.
      if ((await untilAborted(refresh(), signal)) && begun === era()) return held()?.token ?? tokens.token
    } catch (error) {
      // The service can't be reached, but other services still accept this token.
      if (signal?.aborted || held() !== tokens || Date.now() >= tokens.expiresAt) throw error
      return tokens.token
    }
  }
}
