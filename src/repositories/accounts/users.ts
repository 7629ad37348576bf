// The table of users.
import { ServiceError } from '@postern/service/errors'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import { isUniqueViolation } from '@postern/service/database/failures'
import { listOf } from '@postern/service/database/placeholders'
import type { Tx } from '../database/transactions.js'
import { lockUser } from '../database/locked-user.js'
import {
  type EmailForms,
  JOIN_USERNAME,
  toUserRecord,
  USER_COLUMNS,
  type UserRecord,
  type UserRole,
  type UserRow,
  type UserVersion,
} from '../database/user-record.js'
import { createSignInAccounts } from './sign-in-accounts.js'

export type { UserRecord, UserRole, UserVersion } from '../database/user-record.js'

/** Callers may pass a whole record, but only these two columns belong in a condition. */
const version = ({ id, generation }: UserVersion): UserVersion => ({ id, generation })

/** The columns that users can change in their own row. */
export type UserChanges = Partial<
  Pick<
    UserRecord,
    | 'firstName'
    | 'lastName'
    | 'phoneNumber'
    | 'streetName'
    | 'city'
    | 'state'
    | 'zipCode'
    | 'country'
    | 'marketingOptIn'
    | 'termsAcceptedAt'
    | 'termsVersion'
  >
>

/** The columns that end every session when they change. */
export interface SecurityChanges {
  role?: UserRole
  disabledAt?: Date | null
}

/** What identifies a user. `canonical` is a username. */
export type UserKey = { id: string } | { email: EmailForms } | { canonical: string }

export type UserRepository = ReturnType<typeof createUserRepository>

export function createUserRepository(read: Read) {
  return {
    ...createSignInAccounts(read),

    async findById(id: string): Promise<UserRecord | null> {
      const sql = `SELECT ${USER_COLUMNS} FROM users u ${JOIN_USERNAME} WHERE u.id = ?`
      const [row] = await read<UserRow>(sql, [id])
      return row ? toUserRecord(row) : null
    },

    async find(by: UserKey): Promise<UserRecord | null> {
      const [condition, ...values] =
        'id' in by
          ? ['u.id = ?', by.id]
          : 'canonical' in by
            ? ['n.username_key = ?', by.canonical]
            : ['u.email_key IN (?, ?) ORDER BY u.email_key = ? DESC LIMIT 1', ...by.email, by.email[0]]
      const [row] = await read<UserRow>(
        `SELECT ${USER_COLUMNS} FROM users u ${JOIN_USERNAME} WHERE ${condition}`,
        values,
      )
      return row ? toUserRecord(row) : null
    },

    /** In no particular order. Unknown ids are left out. */
    async findByIds(ids: readonly string[]): Promise<UserRecord[]> {
      if (ids.length === 0) return []
      const { list, values } = listOf(ids)
      const rows = await read<UserRow>(
        `SELECT ${USER_COLUMNS} FROM users u ${JOIN_USERNAME} WHERE u.id IN (${list})`,
        values,
      )
      return rows.map(toUserRecord)
    },

    /** Users between `after` and `before`, by ascending id, or `backward` by descending id. */
    async list(page: {
      role: UserRole | null
      after: string | null
      before: string | null
      limit: number
      backward: boolean
    }): Promise<UserRecord[]> {
      const { role, after, before, limit, backward } = page
      const conditions = [after && 'u.id > ?', before && 'u.id < ?', role && 'u.role = ?'].filter(Boolean)
      const rows = await read<UserRow>(
        `SELECT ${USER_COLUMNS} FROM users u ${JOIN_USERNAME}
         ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
         ORDER BY u.id ${backward ? 'DESC' : 'ASC'} LIMIT ?`,
        [after, before, role, String(limit)].filter((value) => value !== null),
      )
      return rows.map(toUserRecord)
    },

    /** True if a user, of this role if it is given, has this id or one before it (`upTo`) or after it (`from`). */
    async exists(role: UserRole | null, range: { upTo: string } | { from: string }): Promise<boolean> {
      const [condition, id] = 'upTo' in range ? ['id <= ?', range.upTo] : ['id >= ?', range.from]
      const sql = `SELECT 1 FROM users WHERE ${condition}${role ? ' AND role = ?' : ''} LIMIT 1`
      return (await read(sql, role ? [id, role] : [id])).length > 0
    },

    async emailExists(forms: EmailForms): Promise<boolean> {
      return (await read('SELECT 1 FROM users WHERE email_key IN (?, ?) LIMIT 1', [...forms])).length > 0
    },

    /** Throws EMAIL_EXISTS. */
    async insert(
      tx: Statements,
      user: {
        id: string
        email: string
        foldedEmail: string
        internationalEmail: string | null
        firstName: string | null
        lastName: string | null
        /** Accepted with the registration. */
        termsVersion?: string | null
        /** How many events of the user the transaction has numbered: 1, 2 and so on. */
        events?: number
        now: Date
      },
    ): Promise<void> {
      const {
        id,
        email,
        foldedEmail,
        internationalEmail,
        firstName,
        lastName,
        termsVersion = null,
        events = 0,
        now,
      } = user
      try {
        await tx.write(
          `INSERT INTO users (id, email, email_key, email_ascii, first_name, last_name, terms_version, terms_accepted_at,
             event_seq, created_at, updated_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          [
            ...[id, email, foldedEmail, internationalEmail, firstName, lastName],
            ...[termsVersion, termsVersion === null ? null : now, events, now, now],
          ],
        )
      } catch (error) {
        throw isUniqueViolation(error) ? new ServiceError('EMAIL_EXISTS', { cause: error }) : error
      }
    },

    /** Also locks the row for the rest of the transaction. Returns false if there is no such user in this generation. */
    async update(tx: Tx, at: UserVersion, changes: UserChanges, now: Date): Promise<boolean> {
      const { count } = await tx.user.updateMany({ where: version(at), data: { ...changes, updatedAt: now } })
      return count === 1
    },

    /** Raises the generation above all tokens and sessions of the user. Returns false if there is no such user in this one. */
    async raiseGeneration(tx: Tx, at: UserVersion, changes: SecurityChanges, now: Date): Promise<boolean> {
      const data = { ...changes, generation: at.generation + 1, updatedAt: now }
      return (await tx.user.updateMany({ where: version(at), data })).count === 1
    },

    /** Also deletes credentials and sessions. Returns false if there is no such user in this generation. */
    async delete(tx: Tx, at: UserVersion): Promise<boolean> {
      return (await tx.user.deleteMany({ where: version(at) })).count === 1
    },

    lock: lockUser,

    /** The ids of all enabled administrators, in the order in which others lock them. */
    async findAdmins(tx: Statements): Promise<string[]> {
      const rows = await tx.select<{ id: string }>(
        "SELECT id FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL ORDER BY id",
        [],
      )
      return rows.map(({ id }) => id)
    },

    /** The ids of all enabled administrators. Locks their rows for the rest of the transaction. */
    async lockAdmins(tx: Tx): Promise<string[]> {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL FOR UPDATE`
      return rows.map(({ id }) => id)
    },
  }
}
