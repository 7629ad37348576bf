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

/**
 * A cache of at most `max` verified tokens: two Maps, of which the older is dropped as a whole when the younger is full.
 * (lru-cache takes 50 times as long if most lookups miss.)
 */
export class VerifiedTokens {
  readonly #half: number
  #young = new Map<string, VerifiedToken>()
  #old = new Map<string, VerifiedToken>()
  #bornAt = 0

  constructor(max: number) {
    this.#half = Math.floor(max / 2)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(token: string): VerifiedToken | undefined {
    const end = token.slice(-KEY_LENGTH)
    const young = this.#young.get(end)
    if (young?.token === token) return young
    const old = this.#old.get(end)
    if (old?.token !== token) return undefined
    this.#old.delete(end)
    this.#keep(old)
    return old
  }

  set(verified: VerifiedToken, now: number): void {
    if (now - this.#bornAt > GENERATION_SECONDS) this.#turn(now)
    this.#keep(verified)
  }

  delete({ token }: VerifiedToken): void {
    this.#young.delete(token.slice(-KEY_LENGTH))
    this.#old.delete(token.slice(-KEY_LENGTH))
  }

  #keep(verified: VerifiedToken): void {
    if (this.#young.size >= this.#half) this.#turn(this.#bornAt)
    if (this.#half > 0) this.#young.set(verified.token.slice(-KEY_LENGTH), verified)
  }

  #turn(now: number): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#bornAt = now
  }
}
