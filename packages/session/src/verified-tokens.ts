// Caches verified tokens.
import { createTwoGenerations, type TwoGenerations } from '@postern/contract/two-generations'
import type { Claims } from './claims.js'
import type { VerificationKey } from './keys.js'

/** A token with a valid signature and valid claims, and the version of the revocations it was last checked against. */
export interface VerifiedToken {
  readonly token: string
  readonly claims: Claims
  /** The key that verified it. Null for PASETO. */
  readonly key: VerificationKey | null
  checkedAt: number
}

/**
 * Tokens are looked up by their last characters, the most random ones, which is faster than hashing 400 characters. They
 * are then compared as a whole. Two valid tokens with the same end would only replace each other.
 */
const KEY_LENGTH = 43

/** Even if new tokens are rare, none is kept longer than about twice this. */
const GENERATION_SECONDS = 900

/** Caches verified tokens by their whole text, at most `max` of them. */
export class VerifiedTokens {
  readonly #tokens: TwoGenerations<VerifiedToken>
  #bornAt = 0

  constructor(max: number) {
    this.#tokens = createTwoGenerations({ size: Math.floor(max / 2), renew: true })
  }

  get size(): number {
    return this.#tokens.size
  }

  get(token: string): VerifiedToken | undefined {
    const verified = this.#tokens.get(token.slice(-KEY_LENGTH))
    return verified?.token === token ? verified : undefined
  }

  set(verified: VerifiedToken, now: number): void {
    if (now - this.#bornAt > GENERATION_SECONDS) {
      this.#tokens.turn()
      this.#bornAt = now
    }
    this.#tokens.set(verified.token.slice(-KEY_LENGTH), verified)
  }

  delete({ token }: VerifiedToken): void {
    this.#tokens.delete(token.slice(-KEY_LENGTH))
  }
}
