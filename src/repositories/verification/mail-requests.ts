// The table of requests for mails, which are handled after their response.
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'

export type MailPurpose = 'VERIFY_EMAIL' | 'RESET_PASSWORD' | 'REGISTER'

export interface MailRequest {
  /** A UUIDv7. */
  id: string
  purpose: MailPurpose
  /** As typed, in its normal form. */
  email: string
  ipAddress: string | null
  userAgent: string | null
  requestId: string | null
}

export type MailRequestRepository = ReturnType<typeof createMailRequestRepository>

export function createMailRequestRepository(read: Read, write: Write) {
  return {
    async insert({ id, purpose, email, ipAddress, userAgent, requestId }: MailRequest, now: Date): Promise<void> {
      await write(
        `INSERT INTO mail_requests (id, purpose, email, ip_address, user_agent, request_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [id, purpose, email, ipAddress, userAgent, requestId, now],
      )
    },

    /** The oldest ones. */
    list: (limit: number): Promise<MailRequest[]> =>
      read<MailRequest>(
        `SELECT id, purpose, email, ip_address AS ipAddress, user_agent AS userAgent, request_id AS requestId
         FROM mail_requests ORDER BY id LIMIT ?`,
        [String(limit)],
      ),

    /** Locks it, too. Returns false if another process has handled it. */
    remove: async (tx: Statements, id: string): Promise<boolean> =>
      (await tx.write('DELETE FROM mail_requests WHERE id = ?', [id])) === 1,

    /** Deletes up to `limit` requests from before `before`, which could not be handled in time. Returns how many. */
    purge: (before: Date, limit: number): Promise<number> =>
      write(`DELETE FROM mail_requests WHERE created_at < ? LIMIT ${limit}`, [before]),
  }
}
