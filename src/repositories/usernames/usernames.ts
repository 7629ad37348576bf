// The table `usernames`: one row per username that was ever claimed or protected. Its primary key decides every claim.
import { ServiceError } from '@postern/service/errors'
import { isUniqueViolation } from '@postern/service/database/failures'
import { listOf } from '@postern/service/database/placeholders'
import { insertAll, type Statements } from '@postern/service/database/statements'
import type { Read } from '@postern/service/database/reads'
import type { UsernameState } from '../../generated/prisma/enums.js'
import type { Tx } from '../database/transactions.js'
import { IS_RELEASED, RELEASED } from './states.js'

/** TAKEN: owned or retired. HELD: for its last owner. RESERVED: protected by an administrator. */
export type Unavailability = 'TAKEN' | 'HELD' | 'RESERVED'

export interface UnavailableUsername {
  reason: Unavailability
  /** The end of the hold. */
  until: Date | null
}

export interface Claim {
  canonical: string
  username: string
  userId: string
  now: Date
}

export interface Scan {
  unavailable: Map<string, UnavailableUsername>
  seen: number
  last: string | null
}

/** Rows that anyone can claim. Its parameter is the current time. */
const FREE = `${IS_RELEASED} AND protected_at IS NULL AND (held_until IS NULL OR held_until <= ?)`

/** Rows that their last owner can claim. Its parameters are the user and the current time. */
const HELD_FOR = `${IS_RELEASED} AND user_id = ? AND held_until > ?`

/** Its parameters are the spelling, the user and the canonical username. */
const OWN = "UPDATE usernames SET display = ?, user_id = ?, state = 'OWNED', held_until = NULL WHERE username_key = ?"

const INSERT_OWNED = "INSERT INTO usernames (username_key, display, user_id, state) VALUES (?, ?, ?, 'OWNED')"

const COLUMNS = 'username_key AS canonical, state, held_until AS heldUntil'

interface Row {
  canonical: string
  state: UsernameState
  heldUntil: Date | null
}

export type UsernameRepository = ReturnType<typeof createUsernameRepository>

export function createUsernameRepository(read: Read) {
  return {
    /** One statement on the primary. */
    async findUnavailable(canonicals: readonly string[], now: Date): Promise<Map<string, UnavailableUsername>> {
      const { list, values } = listOf(canonicals)
      const rows = await read<Row>(
        `SELECT ${COLUMNS} FROM usernames WHERE username_key IN (${list}) AND NOT (${FREE})`,
        [...values, now],
      )
      return toUnavailable(rows, now)
    },

    /**
     * Reads the next `limit` rows after `after`, available or not, and returns the unavailable ones. `last` is the last
     * canonical username read, or null at the end of the table.
     */
    async scan(after: string, limit: number, now: Date): Promise<Scan> {
      const rows = await read<Row & { free: number }>(
        `SELECT ${COLUMNS}, ${FREE} AS free FROM usernames WHERE username_key > ? ORDER BY username_key LIMIT ?`,
        [now, after, String(limit)],
      )
      const unavailable = toUnavailable(
        rows.filter((row) => !row.free),
        now,
      )
      return { unavailable, seen: rows.length, last: rows.length < limit ? null : (rows.at(-1)?.canonical ?? null) }
    },

    async findOwned(tx: Tx, userId: string): Promise<{ canonical: string; username: string } | null> {
      return tx.username.findFirst({
        where: { userId, state: 'OWNED' },
        select: { canonical: true, username: true },
      })
    },

    /** Whether the user is the last owner of a username on hold. */
    async isHeldFor(tx: Tx, userId: string, canonical: string, now: Date): Promise<boolean> {
      const where = { canonical, userId, state: RELEASED, heldUntil: { gt: now } }
      return (await tx.username.count({ where })) > 0
    },

    /** Updates a released row that the user may claim, otherwise inserts one. Throws USERNAME_TAKEN. */
    async claim(tx: Statements, { canonical, username, userId, now }: Claim): Promise<void> {
      const values = [username, userId, canonical, now, userId, now]
      if ((await tx.write(`${OWN} AND (${FREE} OR ${HELD_FOR})`, values)) === 1) return
      try {
        await tx.write(INSERT_OWNED, [canonical, username, userId])
      } catch (error) {
        throw isUniqueViolation(error) ? new ServiceError('USERNAME_TAKEN', { cause: error }) : error
      }
    },

    /** Claims many usernames, all of new users. Throws USERNAME_TAKEN if one of them can't be claimed. */
    async claimAll(tx: Statements, claims: readonly Claim[]): Promise<void> {
      const { list, values } = listOf(claims.map(({ canonical }) => canonical))
      const rows = await tx.select<{ canonical: string }>(
        `SELECT username_key AS canonical FROM usernames WHERE username_key IN (${list})`,
        values,
      )
      const known = new Set(rows.map(({ canonical }) => canonical))
      for (const { canonical, username, userId, now } of claims) {
        if (!known.has(canonical)) continue
        const claimed = await tx.write(`${OWN} AND ${FREE}`, [username, userId, canonical, now])
        if (claimed !== 1) throw new ServiceError('USERNAME_TAKEN')
      }
      const fresh = claims.filter(({ canonical }) => !known.has(canonical))
      try {
        const columns = ['username_key', 'display', 'user_id', 'state']
        const values = fresh.map(({ canonical, username, userId }) => [canonical, username, userId, 'OWNED'])
        await insertAll(tx, 'usernames', columns, values)
      } catch (error) {
        throw isUniqueViolation(error) ? new ServiceError('USERNAME_TAKEN', { cause: error }) : error
      }
    },

    /** Changes only the spelling. */
    async respell(tx: Tx, { canonical, username, userId }: Omit<Claim, 'now'>): Promise<void> {
      await tx.username.updateMany({ where: { canonical, userId, state: 'OWNED' }, data: { username } })
    },

    /** Others can claim it from `heldUntil` on; at once if that is null. Deletes the spelling. */
    async release(tx: Tx, canonical: string, heldUntil: Date | null): Promise<void> {
      const data = { state: 'RELEASED', heldUntil, username: canonical } as const
      await tx.username.updateMany({ where: { canonical, state: 'OWNED' }, data })
    },

    /** Blocks it for good, and deletes the owner and the spelling. */
    async retire(tx: Tx, canonical: string): Promise<void> {
      await tx.username.updateMany({
        where: { canonical },
        data: { state: 'RETIRED', userId: null, heldUntil: null, username: canonical },
      })
    },
  }
}

function toUnavailable(rows: readonly Row[], now: Date): Map<string, UnavailableUsername> {
  return new Map(
    rows.map(({ canonical, state, heldUntil }) => {
      const isReleased = state === 'RELEASED' || state === 'HELD'
      const isHeld = isReleased && heldUntil !== null && heldUntil > now
      // Released, not held and still unavailable: it is protected.
      const reason = isHeld ? 'HELD' : isReleased ? 'RESERVED' : 'TAKEN'
      return [canonical, { reason, until: isHeld ? heldUntil : null }]
    }),
  )
}
