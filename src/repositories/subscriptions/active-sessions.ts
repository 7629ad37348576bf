// Reads the active sessions of many users at once.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'

export interface ActiveSession {
  id: string
  userId: string
  /** The tokens of an earlier generation are refused. */
  generation: number
  expiresAt: Date
  /** When the user last proved who they are in it. Null in sessions of earlier versions. */
  provedAt: Date | null
}

export type ActiveSessionRepository = ReturnType<typeof createActiveSessionRepository>

export const createActiveSessionRepository = (read: Read) => ({
  /** In no particular order. */
  async listOf(userIds: readonly string[], now: Date): Promise<ActiveSession[]> {
    if (userIds.length === 0) return []
    const { list, values } = listOf(userIds)
    return read<ActiveSession>(
      `SELECT s.id, s.user_id AS userId, s.generation, s.expires_at AS expiresAt, s.auth_time AS provedAt
       FROM sessions s JOIN users u ON u.id = s.user_id AND u.generation = s.generation AND u.disabled_at IS NULL
       WHERE s.user_id IN (${list}) AND s.ended_at IS NULL AND s.expires_at > ?`,
      [...values, now],
    )
  },
})
