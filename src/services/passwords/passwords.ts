// Hashes and verifies passwords with argon2id.
import { randomBytes } from 'node:crypto'
import { normalizeText } from '@postern/contract/text'
import type { Argon2Parameters } from './hasher/client.js'
import type { Hashing } from './hasher/pool.js'

export type PasswordService = Awaited<ReturnType<typeof createPasswordService>>

/** All characters count; nothing is cut off. */
export async function createPasswordService(parameters: Argon2Parameters, hashing: Pick<Hashing, 'run'>) {
  const hash = async (password: string) => String(await hashing.run({ password: normalizeText(password), parameters }))
  const dummyHash = await hash(randomBytes(32).toString('hex'))

  return {
    /** The hash in PHC format, parameters and salt included. */
    hash,

    /** Verifies a password. Without a hash it takes just as long and returns false. */
    async verify(passwordHash: string | null, password: string): Promise<boolean> {
      const matches = await hashing.run({ password: normalizeText(password), passwordHash: passwordHash ?? dummyHash })
      return passwordHash !== null && matches === true
    },

    /** True if the hash was made with weaker parameters than the current ones. */
    needsRehash(passwordHash: string): boolean {
      const cost = (name: string) => Number(new RegExp(`[$,]${name}=(\\d+)`).exec(passwordHash)?.[1] ?? 0)
      const { memoryKib, timeCost, parallelism } = parameters
      return cost('m') < memoryKib || cost('t') < timeCost || cost('p') < parallelism
    },
  }
}
