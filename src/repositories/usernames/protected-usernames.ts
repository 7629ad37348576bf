// The usernames that administrators protect: rows of `usernames`, where claims are decided.
import type { Read } from '@postern/service/database/reads'
import type { Tx } from '../database/transactions.js'

/** Few usernames are protected. With the primary key, the server would read all others to find them. */
const PROTECTED = 'FROM usernames FORCE INDEX (usernames_protected_at) WHERE protected_at IS NOT NULL'

export type ProtectedUsernameRepository = ReturnType<typeof createProtectedUsernameRepository>

export function createProtectedUsernameRepository(read: Read) {
  return {
    /** The next `limit` after `after`, in alphabetical order. */
    async list(after: string, limit: number): Promise<string[]> {
      const rows = await read<{ canonical: string }>(
        `SELECT username_key AS canonical ${PROTECTED} AND username_key > ? ORDER BY username_key LIMIT ?`,
        [after, String(limit)],
      )
      return rows.map(({ canonical }) => canonical)
    },

    async listAll(): Promise<string[]> {
      const rows = await read<{ canonical: string }>(`SELECT username_key AS canonical ${PROTECTED}`, [])
      return rows.map(({ canonical }) => canonical)
    },

    /** One statement, so that it and a claim of the same username wait for each other. The owner keeps the username. */
    async protect(tx: Tx, canonical: string, now: Date): Promise<void> {
      await tx.$executeRaw`
        INSERT INTO usernames (username_key, display, user_id, state, held_until, protected_at)
        VALUES (${canonical}, ${canonical}, NULL, 'RELEASED', NULL, ${now})
        ON DUPLICATE KEY UPDATE protected_at = COALESCE(protected_at, VALUES(protected_at))`
    },

    /** False if it was not protected. */
    async unprotect(tx: Tx, canonical: string): Promise<boolean> {
      const where = { canonical, protectedAt: { not: null } }
      return (await tx.username.updateMany({ where, data: { protectedAt: null } })).count === 1
    },
  }
}
