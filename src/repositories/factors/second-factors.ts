// The second factors of users: the TOTP among their credentials, and their recovery codes.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import { insertAll, type Statements } from '@postern/service/database/statements'
import type { StoredTotp } from '../database/sign-in-account.js'

export type SecondFactorRepository = ReturnType<typeof createSecondFactorRepository>

export function createSecondFactorRepository(read: Read) {
  return {
    async findTotp(userId: string): Promise<StoredTotp | null> {
      const [row] = await read<StoredTotp>(
        "SELECT id, secret, updated_at AS usedStep FROM credentials WHERE kind = 'TOTP' AND identifier = ?",
        [userId],
      )
      return row ?? null
    },

    /** Replaces the user's earlier one. */
    async putTotp(
      tx: Statements,
      { id, secret, usedStep, userId, now }: StoredTotp & { userId: string; now: Date },
    ): Promise<void> {
      await tx.write(
        `INSERT INTO credentials (id, user_id, kind, identifier, secret, created_at, updated_at)
         VALUES (?, ?, 'TOTP', ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE id = VALUES(id), secret = VALUES(secret), created_at = VALUES(created_at),
           updated_at = VALUES(updated_at)`,
        [id, userId, userId, secret, now, usedStep],
      )
    },

    /** Uses up the codes of a time step and all before it. Returns false if that has happened, or the TOTP is another one. */
    async useStep(tx: Statements, id: string, step: Date): Promise<boolean> {
      const sql = "UPDATE credentials SET updated_at = ? WHERE id = ? AND kind = 'TOTP' AND updated_at < ?"
      return (await tx.write(sql, [step, id, step])) === 1
    },

    async hasTotp(tx: Statements, userId: string): Promise<boolean> {
      return (await tx.select("SELECT 1 FROM credentials WHERE kind = 'TOTP' AND identifier = ?", [userId])).length > 0
    },

    /** Also deletes the recovery codes. Returns false if there is no TOTP. */
    async deleteTotp(tx: Statements, userId: string): Promise<boolean> {
      await tx.write('DELETE FROM recovery_codes WHERE user_id = ?', [userId])
      return (await tx.write("DELETE FROM credentials WHERE kind = 'TOTP' AND identifier = ?", [userId])) === 1
    },

    /** Finds a code by what may be stored of it, and returns what is. */
    async findRecoveryCode(userId: string, macs: readonly string[]): Promise<string | null> {
      const { list, values } = listOf(macs)
      const sql = `SELECT code_mac AS mac FROM recovery_codes WHERE user_id = ? AND code_mac IN (${list})`
      const [row] = await read<{ mac: string }>(sql, [userId, ...values])
      return row?.mac ?? null
    },

    /** Returns false if it was used, or replaced. */
    async useRecoveryCode(tx: Statements, userId: string, mac: string): Promise<boolean> {
      const sql = 'DELETE FROM recovery_codes WHERE user_id = ? AND code_mac = ?'
      return (await tx.write(sql, [userId, mac])) === 1
    },

    /** Replaces all of the user's. */
    async putRecoveryCodes(tx: Statements, userId: string, macs: readonly string[]): Promise<void> {
      await tx.write('DELETE FROM recovery_codes WHERE user_id = ?', [userId])
      const rows = macs.map((mac) => [userId, mac])
      await insertAll(tx, 'recovery_codes', ['user_id', 'code_mac'], rows)
    },

    /** When the TOTP was added, null without one, and how many recovery codes are left. */
    async state(userId: string): Promise<{ enabledAt: Date | null; recoveryCodes: number }> {
      const [row] = await read<{ enabledAt: Date | null; recoveryCodes: number | bigint }>(
        `SELECT (SELECT created_at FROM credentials WHERE kind = 'TOTP' AND identifier = ?) AS enabledAt,
           (SELECT COUNT(*) FROM recovery_codes WHERE user_id = ?) AS recoveryCodes`,
        [userId, userId],
      )
      return { enabledAt: row?.enabledAt ?? null, recoveryCodes: Number(row?.recoveryCodes) }
    },
  }
}
