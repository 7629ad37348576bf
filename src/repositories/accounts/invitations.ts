// The table of invitations.
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import type { EmailForms } from '../database/user-record.js'

/** An invitation as administrators see it. */
export interface Invitation {
  id: string
  email: string | null
  uses: number
  usesLeft: number
  createdAt: Date
  expiresAt: Date
  revokedAt: Date | null
}

export type NewInvitation = Pick<Invitation, 'id' | 'email' | 'uses' | 'createdAt' | 'expiresAt'> & {
  codeHash: string
  foldedEmail: string | null
}

/** Who wants to use which code, and when. */
export interface InvitationUse {
  codeHash: string
  email: EmailForms
  now: Date
}

const COLUMNS =
  'id, email, uses, uses_left AS usesLeft, created_at AS createdAt, expires_at AS expiresAt, revoked_at AS revokedAt'

const VALID = 'uses_left > 0 AND revoked_at IS NULL AND expires_at > ?'

const USABLE = `code_hash = ? AND ${VALID} AND (email_key IS NULL OR email_key IN (?, ?))`

/** Assigned from left to right. */
const USE = `UPDATE invitations SET uses_left = uses_left - 1, email = IF(uses_left = 0, NULL, email),
  email_key = IF(uses_left = 0, NULL, email_key)`

const usableValues = ({ codeHash, email, now }: InvitationUse) => [codeHash, now, ...email]

export type InvitationRepository = ReturnType<typeof createInvitationRepository>

export function createInvitationRepository(read: Read, write: Write) {
  return {
    async insert(tx: Statements, invitation: NewInvitation): Promise<void> {
      const { id, codeHash, email, foldedEmail, uses, createdAt, expiresAt } = invitation
      await tx.write(
        `INSERT INTO invitations (id, code_hash, email, email_key, uses, uses_left, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        [id, codeHash, email, foldedEmail, uses, uses, createdAt, expiresAt],
      )
    },

    /** The newest first. */
    list: (limit: number): Promise<Invitation[]> =>
      read<Invitation>(`SELECT ${COLUMNS} FROM invitations ORDER BY id DESC LIMIT ?`, [String(limit)]),

    async find(id: string): Promise<Invitation | null> {
      const [row] = await read<Invitation>(`SELECT ${COLUMNS} FROM invitations WHERE id = ?`, [id])
      return row ?? null
    },

    isUsable: async (use: InvitationUse): Promise<boolean> =>
      (await read(`SELECT 1 FROM invitations WHERE ${USABLE}`, usableValues(use))).length > 0,

    /**
     * Uses it once, and forgets the address with the last use. Returns false if it can't be used: of two that use the last one
     * at once, one does.
     */
    use: async (tx: Statements, use: InvitationUse): Promise<boolean> =>
      (await tx.write(`${USE} WHERE ${USABLE}`, usableValues(use))) === 1,

    /** Uses one that is for this address only. Returns false if there is none. */
    useAddressed: async (tx: Statements, email: EmailForms, now: Date): Promise<boolean> =>
      (await tx.write(`${USE} WHERE ${VALID} AND email_key IN (?, ?) LIMIT 1`, [now, ...email])) === 1,

    /** Returns false if there is no such invitation, or if it was revoked before. */
    revoke: async (tx: Statements, id: string, now: Date): Promise<boolean> =>
      (await tx.write('UPDATE invitations SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', [now, id])) === 1,

    /** The person with this address has deleted their account. What they were invited with can't be used any more. */
    async eraseAddress(tx: Statements, email: EmailForms): Promise<void> {
      await tx.write('UPDATE invitations SET email = NULL, email_key = NULL, uses_left = 0 WHERE email_key IN (?, ?)', [
        ...email,
      ])
    },

    /** Deletes up to `limit` that expired before `before`. Returns how many. */
    purge: (before: Date, limit: number): Promise<number> =>
      write('DELETE FROM invitations WHERE expires_at < ? LIMIT ?', [before, String(limit)]),
  }
}
