import { randomBytes } from 'node:crypto'
import argon2 from 'argon2'

export interface Argon2Parameters {
  memoryKib: number
  timeCost: number
  parallelism: number
}

export type PasswordService = Awaited<ReturnType<typeof createPasswordService>>

const normalise = (password: string): Buffer => Buffer.from(password.normalize('NFC'), 'utf8')

/** Hashes and verifies passwords with argon2id. Any character counts, nothing is cut off. */
export async function createPasswordService(parameters: Argon2Parameters) {
  const { memoryKib: memoryCost, timeCost, parallelism } = parameters
  const options = { type: argon2.argon2id, memoryCost, timeCost, parallelism } as const
  const hash = (password: string) => argon2.hash(normalise(password), options)
  const nobodys = await hash(randomBytes(32).toString('hex'))

  return {
    /** The hash in PHC format, parameters and salt included. */
    hash,

    /** Whether the password is the hash's. Without a hash: takes as long, and is false. */
    async verify(passwordHash: string | null, password: string): Promise<boolean> {
      const matches = await argon2.verify(passwordHash ?? nobodys, normalise(password))
      return passwordHash !== null && matches
    },

    /** Whether the hash was made with weaker parameters than today's. */
    needsRehash(passwordHash: string): boolean {
      const cost = (name: string) => Number(new RegExp(`[$,]${name}=(\\d+)`).exec(passwordHash)?.[1] ?? 0)
      return cost('m') < memoryCost || cost('t') < timeCost || cost('p') < parallelism
    },
  }
}
