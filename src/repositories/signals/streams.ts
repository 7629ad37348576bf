// The streams of Shared Signals, as administrators and receivers manage them.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { Statements, Values } from '@postern/service/database/statements'

export type StreamMethod = 'push' | 'poll'
export type StreamStatus = 'enabled' | 'paused' | 'disabled'
/** Who has set the status. */
export type StatusSetter = 'admin' | 'receiver'

/** A stream as it is created. */
export interface NewStream {
  id: string
  audience: string
  description: string | null
  method: StreamMethod
  /** Null for a poll. */
  endpointUrl: string | null
  sealedAuthorization: Uint8Array | null
  tokenHash: string
  /** JSON. */
  eventsRequested: string
}

export interface StoredStream extends Omit<NewStream, 'tokenHash'> {
  status: StreamStatus
  statusReason: string | null
  statusBy: StatusSetter
  createdAt: Date
  acceptedAt: Date | null
  failedAt: Date | null
  failure: string | null
}

/** With how many signals wait for its receiver, and how many it has refused. */
export interface CountedStream extends StoredStream {
  waiting: number
  refused: number
}

/** What an update can change. */
export interface StreamChanges {
  description?: string | null
  endpointUrl?: string
  sealedAuthorization?: Uint8Array | null
  eventsRequested?: string
  tokenHash?: string
  status?: StreamStatus
  statusReason?: string | null
  statusBy?: StatusSetter
}

const NAMES: Record<keyof StreamChanges, string> = {
  description: 'description',
  endpointUrl: 'endpoint_url',
  sealedAuthorization: 'sealed_authorization',
  eventsRequested: 'events_requested',
  tokenHash: 'token_hash',
  status: 'status',
  statusReason: 'status_reason',
  statusBy: 'status_by',
}

const COLUMNS = `s.id, s.audience, s.description, s.method, s.endpoint_url AS endpointUrl,
  s.sealed_authorization AS sealedAuthorization, s.events_requested AS eventsRequested, s.status,
  s.status_reason AS statusReason, s.status_by AS statusBy, s.created_at AS createdAt, s.accepted_at AS acceptedAt,
  s.failed_at AS failedAt, s.failure`

const counted = (alias: string, condition: string) =>
  `(SELECT COUNT(*) FROM signals g WHERE g.stream_id = s.id AND g.refused_at ${condition}) AS ${alias}`

const COUNTED = `${COLUMNS}, ${counted('waiting', 'IS NULL')}, ${counted('refused', 'IS NOT NULL')}`

const INSERT = `INSERT INTO signal_streams (id, audience, description, method, endpoint_url, sealed_authorization,
  token_hash, events_requested, status, status_by, created_at, push_due_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'enabled', 'admin', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`

const toCounted = (row: CountedStream): CountedStream => ({
  ...row,
  waiting: Number(row.waiting),
  refused: Number(row.refused),
})

export type StreamRepository = ReturnType<typeof createStreamRepository>

export function createStreamRepository(read: Read) {
  async function findBy(condition: string, value: string): Promise<StoredStream | null> {
    const [row] = await read<StoredStream>(`SELECT ${COLUMNS} FROM signal_streams s WHERE ${condition}`, [value])
    return row ?? null
  }

  return {
    /** For each round of pushes, and each poll: counts what waits only if an administrator looks. */
    find: (id: string) => findBy('s.id = ?', id),
    findByToken: (tokenHash: string) => findBy('s.token_hash = ?', tokenHash),

    /** In no particular order. Unknown ids are left out. */
    async findByIds(ids: readonly string[]): Promise<CountedStream[]> {
      if (ids.length === 0) return []
      const { list, values } = listOf(ids)
      const sql = `SELECT ${COUNTED} FROM signal_streams s WHERE s.id IN (${list})`
      return (await read<CountedStream>(sql, values)).map(toCounted)
    },

    /** The oldest first, or `backward` the newest first, between two ids. */
    async list(page: { after: string | null; before: string | null; limit: number; backward: boolean }) {
      const conditions = [page.after !== null && 's.id > ?', page.before !== null && 's.id < ?'].filter(Boolean)
      const rows = await read<CountedStream>(
        `SELECT ${COUNTED} FROM signal_streams s ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
         ORDER BY s.id ${page.backward ? 'DESC' : 'ASC'} LIMIT ?`,
        [page.after, page.before, String(page.limit)].filter((value) => value !== null),
      )
      return rows.map(toCounted)
    },

    /** True if a stream has this id or one before it (`upTo`) or after it (`from`). */
    async exists(range: { upTo: string } | { from: string }): Promise<boolean> {
      const [condition, id] = 'upTo' in range ? ['id <= ?', range.upTo] : ['id >= ?', range.from]
      return (await read(`SELECT 1 FROM signal_streams WHERE ${condition} LIMIT 1`, [id])).length > 0
    },

    async count(tx: Statements): Promise<number> {
      const [row] = await tx.select<{ count: string | number }>('SELECT COUNT(*) AS count FROM signal_streams', [])
      return Number(row?.count)
    },

    async insert(tx: Statements, stream: NewStream): Promise<void> {
      const { id, audience, description, method, endpointUrl, sealedAuthorization, tokenHash, eventsRequested } = stream
      const values = [id, audience, description, method, endpointUrl, sealedAuthorization, tokenHash, eventsRequested]
      await tx.write(INSERT, values)
    },

    /** Locks its row for the rest of the transaction. */
    async lock(tx: Statements, id: string): Promise<StoredStream | null> {
      const [row] = await tx.select<StoredStream>(`SELECT ${COLUMNS} FROM signal_streams s WHERE s.id = ? FOR UPDATE`, [
        id,
      ])
      return row ?? null
    },

    /** Whether any stream holds signals. */
    isAnyOpen: async (tx: Statements): Promise<boolean> =>
      (await tx.select("SELECT 1 FROM signal_streams WHERE status <> 'disabled' LIMIT 1", [])).length > 0,

    /** The streams that hold signals. Their status can't change before the transaction ends. */
    async lockOpen(tx: Statements): Promise<{ id: string; eventsRequested: string }[]> {
      return tx.select(
        `SELECT id, events_requested AS eventsRequested FROM signal_streams WHERE status <> 'disabled'
         LOCK IN SHARE MODE`,
        [],
      )
    },

    /** The same as `lockOpen` for one stream, which may be disabled. */
    async lockStatus(tx: Statements, id: string): Promise<StreamStatus | null> {
      const sql = 'SELECT status FROM signal_streams WHERE id = ? LOCK IN SHARE MODE'
      const [row] = await tx.select<{ status: StreamStatus }>(sql, [id])
      return row?.status ?? null
    },

    async update(tx: Statements, id: string, changes: StreamChanges): Promise<void> {
      const given = Object.entries(changes).filter(([, value]) => value !== undefined)
      if (given.length === 0) return
      const list = given.map(([name]) => `${NAMES[name as keyof StreamChanges]} = ?`).join(', ')
      const values = given.map(([, value]) => value as Values[number])
      await tx.write(`UPDATE signal_streams SET ${list} WHERE id = ?`, [...values, id])
    },

    /** Returns false if the receiver requested one less than `seconds` ago. */
    allowVerification: async (tx: Statements, id: string, seconds: number): Promise<boolean> =>
      (await tx.write(
        `UPDATE signal_streams SET verification_at = UTC_TIMESTAMP(3)
         WHERE id = ? AND (verification_at IS NULL OR verification_at <= UTC_TIMESTAMP(3) - INTERVAL ? SECOND)`,
        [id, seconds],
      )) === 1,

    delete: (tx: Statements, id: string): Promise<number> => tx.write('DELETE FROM signal_streams WHERE id = ?', [id]),
  }
}
