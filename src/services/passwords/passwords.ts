// Hashes passwords with argon2id, and verifies them, also against hashes of other systems.
import { randomBytes } from 'node:crypto'
import { normalizeText } from '@postern/contract/text'
import { createDummies, type StoredCosts } from './dummies.js'
import type { Argon2Parameters } from './hasher/client.js'
import type { Hashing } from './hasher/pool.js'
import { type Requester, SERVICE } from './requester.js'

export type PasswordService = Awaited<ReturnType<typeof createPasswordService>>

/** bcrypt uses no more bytes of a password. */
const BCRYPT_BYTES = 72

/**
 * All characters count; nothing is cut off. `dummyKey` is a secret, the same in all processes. Without `isUsed`, nothing is
 * hashed ahead: for processes that have passwords to neither hash nor verify.
 */
export async function createPasswordService(
  parameters: Argon2Parameters,
  hashing: Pick<Hashing, 'run'>,
  { dummyKey, isUsed = true }: { dummyKey: string; isUsed?: boolean },
) {
  const began = performance.now()
  const first = isUsed ? await hashing.run({ password: randomBytes(32).toString('hex'), parameters }, SERVICE) : ''
  const dummies = createDummies({ key: dummyKey, first: String(first) })
  const firstHashMs = performance.now() - began

  return {
    /** How long the first hash took, in milliseconds: no shorter than others take. 0 if there was none. */
    firstHashMs,

    /** The hash in PHC format, parameters and salt included. */
    async hash(password: string, requester: Requester): Promise<string> {
      return String(await hashing.run({ password: normalizeText(password), parameters }, requester))
    },

    /** Verifies a password. Without a hash it takes just as long and returns false. */
    async verify(passwordHash: string | null, password: string, requester: Requester): Promise<boolean> {
      const normalized = normalizeText(password)
      const job = { password: normalized, passwordHash: passwordHash ?? dummies.of(requester.account) }
      // Other systems have hashed what was typed.
      const matches = await hashing.run(normalized === password ? job : { ...job, typed: password }, requester)
      return passwordHash !== null && matches === true
    },

    /** Keeps the time of {@link verify} without a hash equal to that of the stored ones. */
    followCosts: (stored: StoredCosts): void => {
      dummies.follow(stored)
    },

    /**
     * True if the hash is of another kind than the current ones or has weaker parameters. False for a bcrypt hash of a
     * password that bcrypt has cut off: what was typed beyond that is not verified, so it must not become the password.
     */
    needsRehash(passwordHash: string, password: string): boolean {
      if (passwordHash.startsWith('$2')) return Buffer.byteLength(normalizeText(password)) <= BCRYPT_BYTES
      if (!passwordHash.startsWith('$argon2id$v=19$')) return true
      const cost = (name: string) => Number(new RegExp(`[$,]${name}=(\\d+)`).exec(passwordHash)?.[1] ?? 0)
      const { memoryKib, timeCost, parallelism } = parameters
      return cost('m') < memoryKib || cost('t') < timeCost || cost('p') < parallelism
    },
  }
}
