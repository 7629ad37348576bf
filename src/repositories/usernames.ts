import { AuthError } from '../errors.js'
import { isUniqueViolation } from './failures.js'
import type { Read } from './reads.js'
import type { Tx } from './transactions.js'

export interface Claim {
  usernameKey: string
  display: string
  userId: string
  now: Date
}

/** What nobody can claim now. Takes the time as its one value. */
const UNAVAILABLE = "NOT (state = 'HELD' AND (held_until IS NULL OR held_until <= ?))"

export type UsernameRepository = ReturnType<typeof createUsernameRepository>

export function createUsernameRepository(read: Read) {
  return {
    /** Those of `keys` that nobody can claim now: one statement on the primary. */
    async findUnavailable(keys: readonly string[], now: Date): Promise<Set<string>> {
      const padded = padToPowerOfTwo(keys)
      const rows = await read<{ username_key: string }>(
        `SELECT username_key FROM usernames
         WHERE username_key IN (${padded.map(() => '?').join(', ')}) AND ${UNAVAILABLE}`,
        [...padded, now],
      )
      return new Set(rows.map((row) => row.username_key))
    },

    /** The next `limit` keys that nobody can claim now, in their order. */
    async listUnavailable(after: string, limit: number, now: Date): Promise<string[]> {
      const rows = await read<{ username_key: string }>(
        `SELECT username_key FROM usernames WHERE username_key > ? AND ${UNAVAILABLE} ORDER BY username_key LIMIT ?`,
        [after, now, String(limit)],
      )
      return rows.map((row) => row.username_key)
    },

    async findOwned(tx: Tx, userId: string): Promise<{ usernameKey: string; display: string } | null> {
      return tx.username.findFirst({
        where: { userId, state: 'OWNED' },
        select: { usernameKey: true, display: true },
      })
    },

    /** Makes a name its user's: takes over a held row that may be claimed, else inserts. Throws USERNAME_TAKEN. */
    async claim(tx: Tx, { usernameKey, display, userId, now }: Claim): Promise<void> {
      const owned = { display, userId, state: 'OWNED', heldUntil: null } as const
      const claimable = [{ heldUntil: null }, { heldUntil: { lte: now } }, { userId }]
      const { count } = await tx.username.updateMany({
        where: { usernameKey, state: 'HELD', OR: claimable },
        data: owned,
      })
      if (count === 1) return
      try {
        await tx.username.createMany({ data: { usernameKey, ...owned } })
      } catch (error) {
        throw isUniqueViolation(error) ? new AuthError('USERNAME_TAKEN', { cause: error }) : error
      }
    },

    /** Changes only how the owner's name is spelt. */
    async respell(tx: Tx, { usernameKey, display, userId }: Omit<Claim, 'now'>): Promise<void> {
      await tx.username.updateMany({ where: { usernameKey, userId, state: 'OWNED' }, data: { display } })
    },

    /** Gives up a name: claimable by others from `heldUntil` on, at once when that is null. Its spelling is forgotten. */
    async release(tx: Tx, usernameKey: string, heldUntil: Date | null): Promise<void> {
      const data = { state: 'HELD', heldUntil, display: usernameKey } as const
      await tx.username.updateMany({ where: { usernameKey, state: 'OWNED' }, data })
    },

    /** Keeps a leaving user's name from everybody, and forgets whose it was and how it was spelt. */
    async protect(tx: Tx, usernameKey: string): Promise<void> {
      await tx.username.updateMany({
        where: { usernameKey },
        data: { state: 'PROTECTED', userId: null, heldUntil: null, display: usernameKey },
      })
    },
  }
}

/** Repeats the last key, so that the server prepares ten statements rather than one for each number of keys. */
function padToPowerOfTwo(keys: readonly string[]): string[] {
  const size = 2 ** Math.ceil(Math.log2(keys.length))
  return [...keys, ...Array<string>(size - keys.length).fill(keys.at(-1) ?? '')]
}
