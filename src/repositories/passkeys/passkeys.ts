// The table of passkeys, each of which also has a row in the table of credentials.
import { createHash } from 'node:crypto'
import { ServiceError } from '@postern/service/errors'
import { isUniqueViolation } from '@postern/service/database/failures'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'

/** What is known of a passkey before it is used. */
export interface StoredPasskey {
  id: string
  credentialId: Buffer
  publicKey: Buffer
  userHandle: Buffer
  backupEligible: boolean
  userId: string
}

/** A passkey as its owner sees it. */
export interface ListedPasskey {
  id: string
  name: string
  aaguid: string
  /** Whether it can be copied to other devices, and whether it was when it was last used. */
  backupEligible: boolean
  backedUp: boolean
  createdAt: Date
  lastUsedAt: Date | null
  credentialId: Buffer
  userHandle: Buffer
  transports: string[]
}

export interface NewPasskey {
  id: string
  userId: string
  credentialId: Uint8Array
  publicKey: Uint8Array
  userHandle: Uint8Array
  signCount: number
  transports: readonly string[]
  aaguid: string
  backupEligible: boolean
  backedUp: boolean
  name: string
  now: Date
}

/** Ids of credentials can be longer than an index. */
const identifierOf = (credentialId: Uint8Array): string => createHash('sha256').update(credentialId).digest('hex')

const split = (transports: string): string[] => transports.split(',').filter((transport) => transport !== '')

type Flags<Names extends string> = Record<Names, number>

export type PasskeyRepository = ReturnType<typeof createPasskeyRepository>

export function createPasskeyRepository(read: Read) {
  return {
    async find(credentialId: Uint8Array): Promise<StoredPasskey | null> {
      const [row] = await read<Omit<StoredPasskey, 'backupEligible'> & Flags<'backupEligible'>>(
        `SELECT p.id, p.credential_id AS credentialId, p.public_key AS publicKey, p.user_handle AS userHandle,
           p.backup_eligible AS backupEligible, c.user_id AS userId
         FROM credentials c JOIN passkeys p ON p.id = c.id WHERE c.kind = 'PASSKEY' AND c.identifier = ?`,
        [identifierOf(credentialId)],
      )
      return row ? { ...row, backupEligible: row.backupEligible === 1 } : null
    },

    /** The oldest first. */
    async list(userId: string): Promise<ListedPasskey[]> {
      const rows = await read<
        Omit<ListedPasskey, 'transports' | 'backupEligible' | 'backedUp'> &
          Flags<'backupEligible' | 'backedUp'> & { transports: string }
      >(
        `SELECT p.id, p.name, p.aaguid, p.backup_eligible AS backupEligible, p.backed_up AS backedUp,
           c.created_at AS createdAt, p.last_used_at AS lastUsedAt, p.credential_id AS credentialId,
           p.user_handle AS userHandle, p.transports
         FROM credentials c JOIN passkeys p ON p.id = c.id
         WHERE c.user_id = ? AND c.kind = 'PASSKEY' ORDER BY c.id`,
        [userId],
      )
      return rows.map(({ transports, backupEligible, backedUp, ...row }) => ({
        ...row,
        ...{ backupEligible: backupEligible === 1, backedUp: backedUp === 1 },
        transports: split(transports),
      }))
    },

    /** The transaction has locked the user's row, so that no other one adds a passkey. */
    async count(tx: Statements, userId: string): Promise<number> {
      const sql = `SELECT COUNT(*) AS count FROM credentials WHERE user_id = ? AND kind = 'PASSKEY'`
      const [row] = await tx.select<{ count: number | bigint }>(sql, [userId])
      return Number(row?.count ?? 0)
    },

    /** Throws PASSKEY_INVALID if this or another account has the credential. */
    async insert(tx: Statements, passkey: NewPasskey): Promise<void> {
      const { id, userId, credentialId, publicKey, userHandle, signCount, transports, aaguid, name, now } = passkey
      try {
        await tx.write(
          `INSERT INTO credentials (id, user_id, kind, identifier, secret, created_at, updated_at)
           VALUES (?, ?, 'PASSKEY', ?, '', ?, ?)`,
          [id, userId, identifierOf(credentialId), now, now],
        )
      } catch (error) {
        throw isUniqueViolation(error) ? new ServiceError('PASSKEY_INVALID', { cause: error }) : error
      }
      await tx.write(
        `INSERT INTO passkeys (id, credential_id, public_key, user_handle, sign_count, transports, aaguid,
           backup_eligible, backed_up, name, last_used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`,
        [
          ...[id, credentialId, publicKey, userHandle, signCount, transports.join(','), aaguid],
          ...[Number(passkey.backupEligible), Number(passkey.backedUp), name],
        ],
      )
    },

    /**
     * Records a use. Of several uses with one value of the counter, only the first succeeds. `lower`: the counter has not
     * risen, so there may be a copy of the passkey. `removed`: it does not exist anymore.
     */
    async use(
      tx: Statements,
      { id, signCount, backedUp, now }: { id: string; signCount: number; backedUp: boolean; now: Date },
    ): Promise<'used' | 'lower' | 'removed'> {
      const count = await tx.write(
        `UPDATE passkeys SET sign_count = ?, backed_up = ?, last_used_at = ?
         WHERE id = ? AND (sign_count < ? OR (sign_count = 0 AND ? = 0))`,
        [signCount, Number(backedUp), now, id, signCount, signCount],
      )
      if (count === 1) return 'used'
      const rows = await tx.select('SELECT 1 FROM passkeys WHERE id = ?', [id])
      return rows.length > 0 ? 'lower' : 'removed'
    },

    /** Returns false if the user has no such passkey. */
    async rename(tx: Statements, { id, userId, name }: { id: string; userId: string; name: string }): Promise<boolean> {
      const count = await tx.write(
        `UPDATE passkeys p JOIN credentials c ON c.id = p.id SET p.name = ?
         WHERE p.id = ? AND c.user_id = ? AND c.kind = 'PASSKEY'`,
        [name, id, userId],
      )
      return count === 1
    },

    /** Returns false if the user has no such passkey. */
    async remove(tx: Statements, { id, userId }: { id: string; userId: string }): Promise<boolean> {
      const sql = `DELETE FROM credentials WHERE id = ? AND user_id = ? AND kind = 'PASSKEY'`
      return (await tx.write(sql, [id, userId])) === 1
    },

    /** Removes those that were added before a time; all of them without one. Returns what they were. */
    async removeOlder(
      tx: Statements,
      userId: string,
      before: Date | null,
    ): Promise<Pick<ListedPasskey, 'id' | 'aaguid' | 'transports'>[]> {
      const older = `c.user_id = ? AND c.kind = 'PASSKEY'${before ? ' AND c.created_at < ?' : ''}`
      const values = [userId, ...(before ? [before] : [])]
      const rows = await tx.select<{ id: string; aaguid: string; transports: string }>(
        `SELECT p.id, p.aaguid, p.transports FROM credentials c JOIN passkeys p ON p.id = c.id WHERE ${older}`,
        values,
      )
      if (rows.length > 0) await tx.write(`DELETE c FROM credentials c WHERE ${older}`, values)
      return rows.map((row) => ({ ...row, transports: split(row.transports) }))
    },
  }
}
