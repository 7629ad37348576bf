// Holds the active revocations in little memory.
/* eslint-disable @typescript-eslint/no-non-null-assertion -- Every index here is in range by its arithmetic. */
import { randomBytes } from 'node:crypto'
import type { Claims } from './claims.js'
import { fingerprint } from './fingerprint.js'
import { RETENTION_MARGIN_SECONDS, type Revocation } from './protocol.js'

/** A slot has a fingerprint of 128 bits, the time it ends (0: empty slot), and the generation below which a user's tokens are revoked. */
const SLOT = 6
const EXP = 4
const GEN = 5

/** Each shard is rebuilt separately, so growing never blocks the process for more than a fraction of a millisecond. */
const SHARDS = 64
const FULLEST = 0.75
const AFTER_REBUILD = 0.55
const UINT32_MAX = 0xffffffff

/** `slots` has signed numbers because they are faster. Times and generations are read with `>>> 0`. */
interface Shard {
  slots: Int32Array
  size: number
}

/**
 * The revocations in force, at most about 45 bytes each: open addressing in typed arrays. A Map of strings would need four
 * times as much. An entry is dropped after the last token that it revokes has expired, and never before.
 */
export class RevocationTable {
  /** Rises with every new revocation. A token that was checked at the same version needs no second check. */
  version = 0
  /** The number of revocations. */
  size = 0

  readonly #max: number
  readonly #seed = randomBytes(4).readInt32LE()
  readonly #shards: Shard[] = Array.from({ length: SHARDS }, () => ({ slots: new Int32Array(0), size: 0 }))
  readonly #words = new Int32Array(4)
  #swept = 0

  /** Creates a table for at most `max` revocations. */
  constructor(max: number) {
    this.#max = max
  }

  /** The size of the slots in bytes. */
  get bytes(): number {
    return this.#shards.reduce((sum, { slots }) => sum + slots.byteLength, 0)
  }

  /** Whether enough is free for another attempt after the table was full. */
  get hasRoom(): boolean {
    return this.size < this.#max * 0.9
  }

  /** Adds a revocation. Returns false if the table is full. It is then incomplete, and no token may be accepted. */
  add(revocation: Revocation, now: number): boolean {
    if (isOver(revocation.exp, now)) return true
    const { scope } = revocation
    const id = scope === 'token' ? revocation.jti! : scope === 'session' ? revocation.sid! : revocation.sub
    fingerprint(scope, id, this.#words)
    return this.#put(Math.min(revocation.exp, UINT32_MAX), Math.min(revocation.gen ?? 0, UINT32_MAX), now)
  }

  /** Whether this token, its session, or its user at a later generation is revoked. */
  isRevoked(claims: Claims): boolean {
    if (this.size === 0) return false
    fingerprint('token', claims.jti, this.#words)
    if (this.#generation() >= 0) return true
    fingerprint('session', claims.sid, this.#words)
    if (this.#generation() >= 0) return true
    fingerprint('user', claims.sub, this.#words)
    return claims.gen < this.#generation()
  }

  /** Drops expired revocations in the next `shards` of the 64 shards. */
  sweep(now: number, shards: number = SHARDS): void {
    for (let i = 0; i < shards; i++) {
      const shard = this.#shards[this.#swept]!
      this.#swept = (this.#swept + 1) % SHARDS
      if (hasExpired(shard, now)) this.#rebuild(shard, 0, now)
    }
  }

  /** The generation for the fingerprint in `#words`, or -1 if there is none. */
  #generation(): number {
    const hash = this.#hash(this.#words, 0)
    const { slots } = this.#shards[hash >>> 26]!
    if (slots.length === 0) return -1
    const at = find(slots, hash, this.#words, 0)
    return slots[at + EXP] === 0 ? -1 : slots[at + GEN]! >>> 0
  }

  #put(exp: number, gen: number, now: number): boolean {
    const hash = this.#hash(this.#words, 0)
    const shard = this.#shards[hash >>> 26]!
    if ((shard.size + 1) * SLOT > shard.slots.length * FULLEST) this.#rebuild(shard, 1, now)
    const { slots } = shard
    const at = find(slots, hash, this.#words, 0)
    const isNew = slots[at + EXP] === 0
    if (isNew && this.size >= this.#max) return false
    // One that is over counts for nothing, whether or not a sweep has dropped it.
    if (!isActive(slots[at + EXP]! >>> 0, now)) slots[at + GEN] = 0
    if (isNew || gen > slots[at + GEN]! >>> 0) this.version++
    slots.set(this.#words, at)
    slots[at + EXP] = Math.max(slots[at + EXP]! >>> 0, exp)
    slots[at + GEN] = Math.max(slots[at + GEN]! >>> 0, gen)
    shard.size += Number(isNew)
    this.size += Number(isNew)
    return true
  }

  /** Copies the revocations in force to an array of the right size: this is how a shard grows, shrinks and expires. */
  #rebuild(shard: Shard, room: number, now: number): void {
    const old = shard.slots
    let active = 0
    for (let at = 0; at < old.length; at += SLOT) if (isActive(old[at + EXP]! >>> 0, now)) active++
    const slots = new Int32Array(Math.ceil((active + room) / AFTER_REBUILD) * SLOT)
    for (let at = 0; at < old.length; at += SLOT) {
      if (!isActive(old[at + EXP]! >>> 0, now)) continue
      const to = find(slots, this.#hash(old, at), old, at)
      for (let i = 0; i < SLOT; i++) slots[to + i] = old[at + i]!
    }
    this.size += active - shard.size
    shard.size = active
    shard.slots = slots
  }

  /** The upper 6 bits select the shard, the others the slot. Seeded, so that no set of ids is slow in every process. */
  #hash(words: Int32Array, from: number): number {
    let hash = this.#seed
    for (let i = from; i < from + 4; i++) {
      hash = Math.imul(hash ^ words[i]!, 0x85ebca6b)
      hash ^= hash >>> 13
      hash = Math.imul(hash, 0xc2b2ae35)
      hash ^= hash >>> 16
    }
    return hash
  }
}

/** The slot of the four words, or the empty slot for them. A shard is never full. */
function find(slots: Int32Array, hash: number, words: Int32Array, from: number): number {
  const position = (hash & 0x3ffffff) / 0x4000000
  let at = Math.floor((position * slots.length) / SLOT) * SLOT
  while (
    slots[at + EXP] !== 0 &&
    (slots[at] !== words[from] ||
      slots[at + 1] !== words[from + 1] ||
      slots[at + 2] !== words[from + 2] ||
      slots[at + 3] !== words[from + 3])
  ) {
    at = at + SLOT === slots.length ? 0 : at + SLOT
  }
  return at
}

/** The margin covers the largest clock skew that a validator may allow. */
const isOver = (exp: number, now: number): boolean => exp + RETENTION_MARGIN_SECONDS < now
const isActive = (exp: number, now: number): boolean => exp !== 0 && !isOver(exp, now)

function hasExpired({ slots }: Shard, now: number): boolean {
  for (let at = EXP; at < slots.length; at += SLOT) if (slots[at] !== 0 && isOver(slots[at]! >>> 0, now)) return true
  return false
}
