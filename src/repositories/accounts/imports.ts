// Imported users: many rows in one statement, and how far each file is imported.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError } from '@postern/service/errors'
import { isUniqueViolation } from '@postern/service/database/failures'
import { listOf } from '@postern/service/database/placeholders'
import { insertAll, type Statements, type Values } from '@postern/service/database/statements'
import type { Read } from '@postern/service/database/reads'
import type { UserChanges, UserRecord } from './users.js'

export interface NewUser {
  id: string
  email: string
  foldedEmail: string
  internationalEmail: string | null
  passwordHash: string | null
  profile: Required<Omit<UserChanges, 'termsVersion'>> & Pick<UserRecord, 'emailVerifiedAt' | 'disabledAt'>
  createdAt: Date
}

/** How far a file is imported: its last line that is done, and what became of the lines. */
export interface ImportProgress {
  line: number
  imported: number
  refused: number
}

const USER_COLUMNS = [
  ...['id', 'email', 'email_key', 'email_ascii', 'created_at', 'updated_at', 'first_name', 'last_name', 'phone_number'],
  ...['street_name', 'city', 'state', 'zip_code', 'country'],
  ...['marketing_opt_in', 'terms_accepted_at', 'email_verified_at', 'disabled_at'],
]

const CREDENTIAL_COLUMNS = ['id', 'user_id', 'kind', 'identifier', 'secret', 'created_at', 'updated_at']

export type ImportRepository = ReturnType<typeof createImportRepository>

export function createImportRepository(read: Read) {
  return {
    async progressOf(source: string): Promise<ImportProgress | null> {
      const sql = 'SELECT line, imported, refused FROM user_imports WHERE source = ?'
      return (await read<ImportProgress>(sql, [source]))[0] ?? null
    },

    /**
     * Sets the progress in the transaction that imports. Returns false if another process has imported lines of the file
     * since `from`.
     */
    async advance(
      tx: Statements,
      source: string,
      from: ImportProgress,
      to: ImportProgress,
      now: Date,
    ): Promise<boolean> {
      const { line, imported, refused } = to
      if (from.line > 0) {
        const set = 'line = ?, imported = ?, refused = ?, updated_at = ?'
        const values = [line, imported, refused, now, source, from.line]
        return (await tx.write(`UPDATE user_imports SET ${set} WHERE source = ? AND line = ?`, values)) === 1
      }
      try {
        const columns = ['source', 'line', 'imported', 'refused', 'started_at', 'updated_at']
        await insertAll(tx, 'user_imports', columns, [[source, line, imported, refused, now, now]])
        return true
      } catch (error) {
        if (isUniqueViolation(error)) return false
        throw error
      }
    },

    /** The ids of the accounts with these addresses, by the form that was found. */
    async idsByEmail(forms: { folded: readonly string[]; ascii: readonly string[] }): Promise<Map<string, string>> {
      const found = [
        ...(await read<Found>(...among('SELECT id, email_key AS form FROM users WHERE email_key', forms.folded))),
        ...(await read<Found>(...among('SELECT id, email_ascii AS form FROM users WHERE email_ascii', forms.ascii))),
      ]
      return new Map(found.map(({ id, form }) => [form, id]))
    },

    /** Which of these ids exist. */
    async existing(ids: readonly string[]): Promise<Set<string>> {
      const rows = await read<{ id: string }>(...among('SELECT id FROM users WHERE id', ids))
      return new Set(rows.map(({ id }) => id))
    },

    /** Throws EMAIL_EXISTS if one of the addresses was registered since it was looked up. */
    async insert(tx: Statements, users: readonly NewUser[], now: Date): Promise<void> {
      try {
        await insertAll(
          tx,
          'users',
          USER_COLUMNS,
          users.map((user) => valuesOf(user, now)),
        )
      } catch (error) {
        throw isUniqueViolation(error) ? new ServiceError('EMAIL_EXISTS', { cause: error }) : error
      }
      const credentials = users.flatMap(({ id, passwordHash }) =>
        passwordHash === null ? [] : [[uuidv7(), id, 'PASSWORD', id, passwordHash, now, now]],
      )
      await insertAll(tx, 'credentials', CREDENTIAL_COLUMNS, credentials)
    },
  }
}

function valuesOf({ id, email, foldedEmail, internationalEmail, createdAt, profile }: NewUser, now: Date): Values {
  const { firstName, lastName, phoneNumber, streetName, city, state, zipCode, country } = profile
  const { marketingOptIn, termsAcceptedAt, emailVerifiedAt, disabledAt } = profile
  return [
    ...[id, email, foldedEmail, internationalEmail, createdAt, now, firstName, lastName, phoneNumber],
    ...[streetName, city, state, zipCode, country],
    ...[marketingOptIn ? 1 : 0, termsAcceptedAt, emailVerifiedAt, disabledAt],
  ]
}

interface Found {
  id: string
  form: string
}

/** A statement with an IN list. An empty list finds nothing. */
function among(sql: string, wanted: readonly string[]): [string, string[]] {
  const { list, values } = listOf(wanted.length === 0 ? [''] : wanted)
  return [`${sql} IN (${list})`, values]
}
