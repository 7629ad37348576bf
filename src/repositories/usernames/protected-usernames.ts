import type { Read } from '../database/reads.js'
import type { Tx } from '../database/transactions.js'

/** Few names of many are protected; by the key of the table, all others would be read for them. */
const PROTECTED = 'FROM usernames FORCE INDEX (usernames_protected_at) WHERE protected_at IS NOT NULL'

export type ProtectedUsernameRepository = ReturnType<typeof createProtectedUsernameRepository>

/** The names that ADMINs protect. They are rows of `usernames`, where the claims are decided. */
export function createProtectedUsernameRepository(read: Read) {
  return {
    /** The next `limit` protected keys behind `after`, in their order. */
    async list(after: string, limit: number): Promise<string[]> {
      const rows = await read<{ username_key: string }>(
        `SELECT username_key ${PROTECTED} AND username_key > ? ORDER BY username_key LIMIT ?`,
        [after, String(limit)],
      )
      return rows.map((row) => row.username_key)
    },

    async listAll(): Promise<string[]> {
      return (await read<{ username_key: string }>(`SELECT username_key ${PROTECTED}`, [])).map(
        (row) => row.username_key,
      )
    },

    /** One statement, so that it waits for a claim of the same name, or a claim for it. Takes nothing from an owner. */
    async protect(tx: Tx, canonical: string, now: Date): Promise<void> {
      await tx.$executeRaw`
        INSERT INTO usernames (username_key, display, user_id, state, held_until, protected_at)
        VALUES (${canonical}, ${canonical}, NULL, 'RELEASED', NULL, ${now})
        ON DUPLICATE KEY UPDATE protected_at = COALESCE(protected_at, VALUES(protected_at))`
    },

    /** False when it was not protected. */
    async unprotect(tx: Tx, canonical: string): Promise<boolean> {
      const where = { canonical, protectedAt: { not: null } }
      return (await tx.username.updateMany({ where, data: { protectedAt: null } })).count === 1
    },
  }
}
