import type { UsernameState } from '../../generated/prisma/enums.js'
import { AuthError } from '../../platform/errors.js'
import { isUniqueViolation } from '../database/failures.js'
import type { Read } from '../database/reads.js'
import type { Tx } from '../database/transactions.js'
import { IS_RELEASED, RELEASED } from './states.js'

/** Why nobody, or nobody but one, can claim a name: it is somebody's, held for its last owner, or an ADMIN protects it. */
export type Unavailability = 'TAKEN' | 'HELD' | 'RESERVED'

export interface UnavailableName {
  reason: Unavailability
  /** When a held one is free again. */
  until: Date | null
}

export interface Claim {
  canonical: string
  display: string
  userId: string
  now: Date
}

export interface Scan {
  unavailable: Map<string, UnavailableName>
  seen: number
  last: string | null
}

/** What can be claimed by anybody now. Takes the time as its one value. */
const FREE = `${IS_RELEASED} AND protected_at IS NULL AND (held_until IS NULL OR held_until <= ?)`

interface Row {
  username_key: string
  state: UsernameState
  held_until: Date | null
}

export type UsernameRepository = ReturnType<typeof createUsernameRepository>

export function createUsernameRepository(read: Read) {
  return {
    /** Those of `keys` that not anybody can claim now: one statement on the primary. */
    async findUnavailable(keys: readonly string[], now: Date): Promise<Map<string, UnavailableName>> {
      const padded = padToPowerOfTwo(keys)
      const rows = await read<Row>(
        `SELECT username_key, state, held_until FROM usernames
         WHERE username_key IN (${padded.map(() => '?').join(', ')}) AND NOT (${FREE})`,
        [...padded, now],
      )
      return byKey(rows, now)
    },

    /**
     * Those of the next `limit` keys that not anybody can claim now, and the last key that was looked at; null at the end.
     * Looks at no more rows than that, however many of them can be claimed.
     */
    async scan(after: string, limit: number, now: Date): Promise<Scan> {
      const rows = await read<Row & { free: number }>(
        `SELECT username_key, state, held_until, ${FREE} AS free FROM usernames
         WHERE username_key > ? ORDER BY username_key LIMIT ?`,
        [now, after, String(limit)],
      )
      const unavailable = byKey(
        rows.filter((row) => !row.free),
        now,
      )
      return { unavailable, seen: rows.length, last: rows.length < limit ? null : (rows.at(-1)?.username_key ?? null) }
    },

    async findOwned(tx: Tx, userId: string): Promise<{ canonical: string; display: string } | null> {
      return tx.username.findFirst({
        where: { userId, state: 'OWNED' },
        select: { canonical: true, display: true },
      })
    },

    /** Whether a name that the user gave up is kept for them. */
    async isHeldFor(tx: Tx, userId: string, canonical: string, now: Date): Promise<boolean> {
      const where = { canonical, userId, state: RELEASED, heldUntil: { gt: now } }
      return (await tx.username.count({ where })) > 0
    },

    /** Makes a name its user's: takes over a row that they may claim, else inserts. Throws USERNAME_TAKEN. */
    async claim(tx: Tx, { canonical, display, userId, now }: Claim): Promise<void> {
      const owned = { display, userId, state: 'OWNED', heldUntil: null } as const
      const claimable = [
        { protectedAt: null, heldUntil: null },
        { protectedAt: null, heldUntil: { lte: now } },
        { userId, heldUntil: { gt: now } },
      ]
      const { count } = await tx.username.updateMany({
        where: { canonical, state: RELEASED, OR: claimable },
        data: owned,
      })
      if (count === 1) return
      try {
        await tx.username.createMany({ data: { canonical, ...owned } })
      } catch (error) {
        throw isUniqueViolation(error) ? new AuthError('USERNAME_TAKEN', { cause: error }) : error
      }
    },

    /** Changes only how the owner's name is spelt. */
    async respell(tx: Tx, { canonical, display, userId }: Omit<Claim, 'now'>): Promise<void> {
      await tx.username.updateMany({ where: { canonical, userId, state: 'OWNED' }, data: { display } })
    },

    /** Gives up a name: claimable by others from `heldUntil` on, at once when that is null. Its spelling is forgotten. */
    async release(tx: Tx, canonical: string, heldUntil: Date | null): Promise<void> {
      const data = { state: 'RELEASED', heldUntil, display: canonical } as const
      await tx.username.updateMany({ where: { canonical, state: 'OWNED' }, data })
    },

    /** Keeps a leaving user's name from everybody, and forgets whose it was and how it was spelt. */
    async retire(tx: Tx, canonical: string): Promise<void> {
      await tx.username.updateMany({
        where: { canonical },
        data: { state: 'RETIRED', userId: null, heldUntil: null, display: canonical },
      })
    },
  }
}

function byKey(rows: readonly Row[], now: Date): Map<string, UnavailableName> {
  return new Map(
    rows.map(({ username_key, state, held_until }) => {
      const isReleased = state === 'RELEASED' || state === 'HELD'
      const isHeld = isReleased && held_until !== null && held_until > now
      // Neither held nor claimable: somebody protects it.
      const reason = isHeld ? 'HELD' : isReleased ? 'RESERVED' : 'TAKEN'
      return [username_key, { reason, until: isHeld ? held_until : null }]
    }),
  )
}

/** Repeats the last key, so that the server prepares ten statements rather than one for each number of keys. */
function padToPowerOfTwo(keys: readonly string[]): string[] {
  const size = 2 ** Math.ceil(Math.log2(keys.length))
  return [...keys, ...Array<string>(size - keys.length).fill(keys.at(-1) ?? '')]
}
