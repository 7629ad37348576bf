import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import { retryDeadlocks } from '@postern/service/database/retries'

// The statements of the version before 20261129120000_username_states, as MariaDB logged them.

const FREE = "state = 'HELD' AND protected_at IS NULL AND (held_until IS NULL OR held_until <= ?)"

interface Row {
  username_key: string
  state: string
  held_until: Date | null
}

/** Uses one connection. Each function is one transaction. */
export function previousVersion(connection: Connection) {
  async function write(sql: string, values: unknown[]): Promise<number> {
    const [{ affectedRows }] = await retryDeadlocks(() => connection.execute<ResultSetHeader>(sql, values as never))
    return affectedRows
  }
  async function read<R>(sql: string, values: unknown[]): Promise<R[]> {
    return (await connection.execute<RowDataPacket[]>(sql, values as never))[0] as R[]
  }
  const asMap = (rows: Row[], now: Date) =>
    new Map(
      rows.map(({ username_key, state, held_until }) => {
        const isHeld = state === 'HELD' && held_until !== null && held_until > now
        return [username_key, isHeld ? 'HELD' : state === 'HELD' ? 'RESERVED' : 'TAKEN']
      }),
    )

  return {
    /** False if the username belongs to another user. */
    async claim(canonical: string, userId: string, now: Date): Promise<boolean> {
      const claimed = await write(
        `UPDATE usernames SET display = ?, user_id = ?, state = 'OWNED', held_until = NULL
         WHERE (username_key = ? AND state = 'HELD' AND ((protected_at IS NULL AND held_until IS NULL)
           OR (protected_at IS NULL AND held_until <= ?) OR (user_id = ? AND held_until > ?)))`,
        [canonical, userId, canonical, now, userId, now],
      )
      if (claimed === 1) return true
      const sql = 'INSERT INTO usernames (username_key, display, user_id, state, held_until) VALUES (?, ?, ?, ?, ?)'
      return write(sql, [canonical, canonical, userId, 'OWNED', null])
        .then(() => true)
        .catch((error: unknown) => {
          if ((error as { code?: string }).code === 'ER_DUP_ENTRY') return false
          throw error
        })
    },
    async release(canonical: string, heldUntil: Date | null): Promise<void> {
      const sql =
        "UPDATE usernames SET state = 'HELD', held_until = ?, display = ? WHERE username_key = ? AND state = ?"
      await write(sql, [heldUntil, canonical, canonical, 'OWNED'])
    },
    async retire(canonical: string): Promise<void> {
      await write(
        `UPDATE usernames SET state = 'PROTECTED', user_id = NULL, held_until = NULL, display = ?
         WHERE username_key = ?`,
        [canonical, canonical],
      )
    },
    async protect(canonical: string, now: Date): Promise<void> {
      await write(
        `INSERT INTO usernames (username_key, display, user_id, state, held_until, protected_at)
         VALUES (?, ?, NULL, 'HELD', NULL, ?)
         ON DUPLICATE KEY UPDATE protected_at = COALESCE(protected_at, VALUES(protected_at))`,
        [canonical, canonical, now],
      )
    },
    async unprotect(canonical: string): Promise<boolean> {
      const sql = 'UPDATE usernames SET protected_at = NULL WHERE username_key = ? AND protected_at IS NOT NULL'
      return (await write(sql, [canonical])) === 1
    },
    async findUnavailable(canonical: string, now: Date): Promise<string | null> {
      const sql = `SELECT username_key, state, held_until FROM usernames WHERE username_key IN (?) AND NOT (${FREE})`
      return asMap(await read<Row>(sql, [canonical, now]), now).get(canonical) ?? null
    },
    async scan(now: Date): Promise<Map<string, string>> {
      const sql = `SELECT username_key, state, held_until, ${FREE} AS free FROM usernames
        WHERE username_key > ? ORDER BY username_key LIMIT ?`
      const rows = await read<Row & { free: number }>(sql, [now, '', '10000'])
      return asMap(
        rows.filter(({ free }) => !free),
        now,
      )
    },
    async findOwned(userId: string): Promise<string | null> {
      const sql = 'SELECT username_key, display FROM usernames WHERE (user_id = ? AND state = ?) LIMIT ? OFFSET ?'
      return (await read<Row>(sql, [userId, 'OWNED', '1', '0']))[0]?.username_key ?? null
    },
    /** The join of a login by username. */
    async findUserId(canonical: string): Promise<string | null> {
      const sql = `SELECT u.id FROM users u JOIN usernames n ON n.user_id = u.id
        WHERE n.username_key = ? AND n.state = 'OWNED'`
      return (await read<{ id: string }>(sql, [canonical]))[0]?.id ?? null
    },
    async count(now: Date): Promise<{ owned: number; held: number }> {
      const [row] = await read<{ owned: string; held: string }>(
        `SELECT SUM(state = 'OWNED') AS owned, SUM(state = 'HELD' AND held_until > ?) AS held
         FROM usernames FORCE INDEX (usernames_protected_at)`,
        [now],
      )
      return { owned: Number(row?.owned), held: Number(row?.held) }
    },
    close: () => connection.end(),
  }
}
