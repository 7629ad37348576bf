// The table of credentials: the hashes of passwords.
import { v7 as uuidv7 } from 'uuid'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Tx } from '../database/transactions.js'

export type CredentialRepository = ReturnType<typeof createCredentialRepository>

/** How many rows a sample reads. */
const SAMPLE_SIZE = 1024

export function createCredentialRepository(read: Read) {
  return {
    async insertPassword(tx: Statements, password: { userId: string; hash: string; now: Date }): Promise<void> {
      const { userId, hash, now } = password
      await tx.write(
        `INSERT INTO credentials (id, user_id, kind, identifier, secret, created_at, updated_at)
         VALUES (?, ?, 'PASSWORD', ?, ?, ?, ?)`,
        [uuidv7(), userId, userId, hash, now, now],
      )
    },

    /** Returns false if the user has a password. */
    async addPassword(
      tx: Statements,
      { userId, hash, now }: { userId: string; hash: string; now: Date },
    ): Promise<boolean> {
      const count = await tx.write(
        `INSERT INTO credentials (id, user_id, kind, identifier, secret, created_at, updated_at)
         SELECT ?, ?, 'PASSWORD', ?, ?, ?, ? FROM DUAL
         WHERE NOT EXISTS (SELECT 1 FROM credentials WHERE kind = 'PASSWORD' AND identifier = ?)`,
        [uuidv7(), userId, userId, hash, now, now, userId],
      )
      return count === 1
    },

    /** Replaces whatever password the user had. */
    async setPassword(
      tx: Statements,
      { userId, hash, now }: { userId: string; hash: string; now: Date },
    ): Promise<void> {
      await tx.write(
        `INSERT INTO credentials (id, user_id, kind, identifier, secret, created_at, updated_at)
         VALUES (?, ?, 'PASSWORD', ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE secret = VALUES(secret), updated_at = VALUES(updated_at)`,
        [uuidv7(), userId, userId, hash, now, now],
      )
    },

    /** Whether the user can sign in with a password. */
    async hasPassword(tx: Statements, userId: string): Promise<boolean> {
      const sql = "SELECT 1 FROM credentials WHERE kind = 'PASSWORD' AND identifier = ?"
      return (await tx.select(sql, [userId])).length > 0
    },

    /** Without their secrets. */
    listOf: (userId: string): Promise<{ kind: string; createdAt: Date; updatedAt: Date }[]> =>
      read(
        'SELECT kind, created_at AS createdAt, updated_at AS updatedAt FROM credentials WHERE user_id = ? ORDER BY id',
        [userId],
      ),

    /** Returns the costs of a fair sample of the stored hashes, and how many have each. */
    async sampleCosts(): Promise<Map<string, number>> {
      // Only argon2 hashes of today name a version first.
      const rows = await read<{ cost: string; count: string | number }>(
        `SELECT SUBSTRING_INDEX(secret, '$', IF(secret LIKE '$argon2%$v=%', 4, 3)) AS cost, COUNT(*) AS count FROM (
           SELECT secret FROM credentials FORCE INDEX (credentials_sample_key)
           WHERE kind = 'PASSWORD' ORDER BY sample_key LIMIT ${SAMPLE_SIZE}
         ) AS sample GROUP BY cost`,
        [],
      )
      return new Map(rows.map(({ cost, count }) => [cost, Number(count)]))
    },

    /** Replaces the hash that was verified and no other. Returns false if the stored hash has changed. */
    async replacePassword(
      tx: Tx,
      change: { userId: string; verifiedHash: string; hash: string; now: Date },
    ): Promise<boolean> {
      const { count } = await tx.credential.updateMany({
        where: { kind: 'PASSWORD', identifier: change.userId, secret: change.verifiedHash },
        data: { secret: change.hash, updatedAt: change.now },
      })
      return count === 1
    },
  }
}
