// Reads where sessions were started from.
import type { Read } from '@postern/service/database/reads'

/** Where a session was started from. */
interface SessionClient {
  ipAddress: string | null
  userAgent: string | null
  /** Of its user. */
  generation: number
}

const CLIENT = 's.ip_address AS ipAddress, s.user_agent AS userAgent'

/** How many earlier sessions are read to recognize a client. */
const MOST_CLIENTS = 100

export function createSessionClients(read: Read) {
  return {
    /** Where a session was started from. Null if it has been deleted. */
    async findClient(id: string): Promise<SessionClient | null> {
      const sql = `SELECT ${CLIENT}, s.generation FROM sessions s WHERE s.id = ?`
      const [row] = await read<SessionClient>(sql, [id])
      return row ? { ...row, generation: Number(row.generation) } : null
    },

    /** The same for a user's sessions of a generation that were started before this one: the last ones, ended or not. */
    findEarlierClients: (
      userId: string,
      { id, generation }: { id: string; generation: number },
    ): Promise<Omit<SessionClient, 'generation'>[]> =>
      read(
        `SELECT ${CLIENT} FROM sessions s WHERE s.user_id = ? AND s.generation = ? AND s.id < ?
         ORDER BY s.id DESC LIMIT ${MOST_CLIENTS}`,
        [userId, generation, id],
      ),
  }
}
