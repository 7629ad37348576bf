// The table of deletions: accounts that are being deleted, and deleted ones of which something is left in queues.
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'

export interface PendingDeletion {
  dueAt: Date
  /** The account stays disabled if the deletion is canceled. */
  staysDisabled: boolean
}

export interface DueDeletion {
  userId: string
  /** Whether the account is erased: then only the queues are left. */
  isErased: boolean
}

export type DeletionRepository = ReturnType<typeof createDeletionRepository>

export function createDeletionRepository(read: Read, write: Write) {
  return {
    /** `link`: of the mail with the token that cancels it: the id from which the token follows, and its hash. */
    async insert(
      tx: Statements,
      deletion: { userId: string; requestedAt: Date; dueAt: Date; link: { id: string; tokenHash: string } | null },
    ): Promise<void> {
      const { userId, requestedAt, dueAt, link } = deletion
      await tx.write(
        'INSERT INTO account_deletions (user_id, requested_at, due_at, link_id, token_hash) VALUES (?, ?, ?, ?, ?)',
        [userId, requestedAt, dueAt, link?.id ?? null, link?.tokenHash ?? null],
      )
    },

    /** What the mail about a deletion that can still be canceled is made from. Null if there was none. */
    async findLink(tx: Statements, userId: string, now: Date): Promise<{ id: string; dueAt: Date } | null> {
      const [row] = await tx.select<{ id: string; dueAt: Date }>(
        `SELECT link_id AS id, due_at AS dueAt FROM account_deletions
         WHERE user_id = ? AND erased_at IS NULL AND due_at > ? AND link_id IS NOT NULL`,
        [userId, now],
      )
      return row ?? null
    },

    /** When the account of this user is erased, and whether it stays disabled otherwise. Null if it is not being deleted. */
    async findPending(userId: string): Promise<PendingDeletion | null> {
      const [row] = await read<{ dueAt: Date; staysDisabled: number | boolean }>(
        `SELECT due_at AS dueAt, stays_disabled AS staysDisabled FROM account_deletions
         WHERE user_id = ? AND erased_at IS NULL`,
        [userId],
      )
      return row ? { dueAt: row.dueAt, staysDisabled: Boolean(row.staysDisabled) } : null
    },

    /** Whose deletion this token cancels. */
    async findOwner(tokenHash: string): Promise<string | null> {
      const sql = 'SELECT user_id AS userId FROM account_deletions WHERE token_hash = ?'
      const [row] = await read<{ userId: string }>(sql, [tokenHash])
      return row?.userId ?? null
    },

    /**
     * Cancels a deletion, the user's row being locked. Returns null if there is none to cancel: it is due or done, another
     * request has canceled it, or the token is of an earlier one. An operator needs no token.
     */
    async cancel(
      tx: Statements,
      userId: string,
      token: { hash: string; now: Date } | null,
    ): Promise<{ staysDisabled: boolean } | null> {
      const condition = `user_id = ? AND erased_at IS NULL ${token ? 'AND token_hash = ? AND due_at > ?' : ''}`
      const values = [userId, ...(token ? [token.hash, token.now] : [])]
      const sql = `SELECT stays_disabled AS staysDisabled FROM account_deletions WHERE ${condition} FOR UPDATE`
      const [row] = await tx.select<{ staysDisabled: number | boolean }>(sql, values)
      if (!row) return null
      await tx.write('DELETE FROM account_deletions WHERE user_id = ?', [userId])
      return { staysDisabled: Boolean(row.staysDisabled) }
    },

    /** The account stays disabled if its deletion is canceled. Returns false if it is not being deleted, or was so before. */
    keepDisabled: async (tx: Statements, userId: string): Promise<boolean> =>
      (await tx.write(
        'UPDATE account_deletions SET stays_disabled = TRUE WHERE user_id = ? AND erased_at IS NULL AND NOT stays_disabled',
        [userId],
      )) === 1,

    /** What there is to do now: the accounts to erase, and the queues to look through again. */
    async listDue(now: Date, limit: number): Promise<DueDeletion[]> {
      const rows = await read<{ userId: string; isErased: number }>(
        `SELECT user_id AS userId, erased_at IS NOT NULL AS isErased FROM account_deletions WHERE due_at <= ?
         ORDER BY due_at LIMIT ?`,
        [now, String(limit)],
      )
      return rows.map(({ userId, isErased }) => ({ userId, isErased: Boolean(isErased) }))
    },

    /** Locks it. Returns false if it was canceled or done since it was listed. The user's row is locked before. */
    isDue: async (tx: Statements, userId: string, now: Date): Promise<boolean> =>
      (
        await tx.select(
          'SELECT 1 FROM account_deletions WHERE user_id = ? AND erased_at IS NULL AND due_at <= ? FOR UPDATE',
          [userId, now],
        )
      ).length > 0,

    /** The account is erased, at once or after its grace period. What the queues still have is erased from now on. */
    async markErased(tx: Statements, userId: string, now: Date): Promise<void> {
      await tx.write(
        `INSERT INTO account_deletions (user_id, requested_at, due_at, erased_at) VALUES (?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE due_at = VALUES(due_at), erased_at = VALUES(erased_at), token_hash = NULL,
           link_id = NULL`,
        [userId, now, now, now],
      )
    },

    /** Looks at the queues again at `at`. */
    async postpone(userId: string, at: Date): Promise<void> {
      await write('UPDATE account_deletions SET due_at = ? WHERE user_id = ? AND erased_at IS NOT NULL', [at, userId])
    },

    /** Nothing of the user is left. */
    async forget(userId: string): Promise<void> {
      await write('DELETE FROM account_deletions WHERE user_id = ? AND erased_at IS NOT NULL', [userId])
    },
  }
}
