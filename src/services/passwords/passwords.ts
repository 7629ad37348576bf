import { randomBytes } from 'node:crypto'
import { normalizeText } from '@postern/contract/text'
import type { Argon2Parameters } from './hasher/client.js'
import type { Hashing } from './hasher/pool.js'

export type PasswordService = Awaited<ReturnType<typeof createPasswordService>>

/** Hashes and verifies passwords with argon2id. Any character counts, nothing is cut off. */
export async function createPasswordService(parameters: Argon2Parameters, hashing: Pick<Hashing, 'run'>) {
  const hash = async (password: string) => String(await hashing.run({ password: normalizeText(password), parameters }))
  const nobodys = await hash(randomBytes(32).toString('hex'))

  return {
    /** The hash in PHC format, parameters and salt included. */
    hash,

    /** Whether the password is the hash's. Without a hash: takes as long, and is false. */
    async verify(passwordHash: string | null, password: string): Promise<boolean> {
      const matches = await hashing.run({ password: normalizeText(password), passwordHash: passwordHash ?? nobodys })
      return passwordHash !== null && matches === true
    },

    /** Whether the hash was made with weaker parameters than today's. */
    needsRehash(passwordHash: string): boolean {
      const cost = (name: string) => Number(new RegExp(`[$,]${name}=(\\d+)`).exec(passwordHash)?.[1] ?? 0)
      const { memoryKib, timeCost, parallelism } = parameters
      return cost('m') < memoryKib || cost('t') < timeCost || cost('p') < parallelism
    },
  }
}
