// The table of revocations, and the row that records the state of the revocation stream.
import type { Revocation } from '@postern/contract/revocations'
import { RETENTION_MARGIN_SECONDS } from '@postern/contract/revocations'
import { v7 as uuidv7 } from 'uuid'
import { insertAll, type Statements, type Values } from '@postern/service/database/statements'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'

/** A revocation that is committed, or will be together with its transaction. */
export interface StoredRevocation {
  id: string
  /** The epoch of the stream when it was stored. 0: there is none yet. */
  epoch: number
  revocation: Revocation
}

/** The state of the revocation stream, as recorded in MySQL. */
export interface StreamState {
  epoch: number
  serverId: string | null
  /** The longest lifetime of access tokens that was ever configured, in seconds. */
  longestTokenTtl: number
}

interface RevocationRow {
  id: string
  scope: 'TOKEN' | 'SESSION' | 'USER'
  jti: string | null
  sid: string | null
  sub: string
  gen: number | null
  reason: string
  expiresAt: Date
}

const MISSING_ROW = 'The row of the table revocation_log is missing. Insert it as the first migration does.'

const SCOPES = { token: 'TOKEN', session: 'SESSION', user: 'USER' } as const

const COLUMNS = ['id', 'scope', 'jti', 'sid', 'sub', 'gen', 'reason', 'expires_at', 'created_at']

/** One statement reads the state, without a lock, and inserts. */
const INSERT_IF = `INSERT INTO revocations (${COLUMNS.join(', ')})
  SELECT ${COLUMNS.map(() => '?').join(', ')} FROM revocation_log WHERE id = 1 AND epoch = ? AND longest_token_ttl = ?`

const SELECT_STATE =
  'SELECT epoch, server_id AS serverId, longest_token_ttl AS longestTokenTtl FROM revocation_log WHERE id = 1'

type StateRow = Record<'epoch' | 'longestTokenTtl', string | number | bigint> & { serverId: string | null }

const valuesOf = (id: string, revocation: Revocation, now: Date): Values => {
  const { scope, jti = null, sid = null, sub, gen = null, reason, exp } = revocation
  return [id, SCOPES[scope], jti, sid, sub, gen, reason, new Date(exp * 1000), now]
}

const unixSeconds = (date: Date): number => Math.ceil(date.getTime() / 1000)

function toStored(row: RevocationRow, epoch: number): StoredRevocation {
  const scope = row.scope.toLowerCase() as Revocation['scope']
  return {
    id: row.id,
    epoch,
    revocation: {
      v: 1,
      scope,
      ...(row.jti !== null && { jti: row.jti }),
      ...(row.sid !== null && { sid: row.sid }),
      sub: row.sub,
      ...(row.gen !== null && { gen: row.gen }),
      exp: unixSeconds(row.expiresAt),
      reason: row.reason,
    },
  }
}

export type RevocationRepository = ReturnType<typeof createRevocationRepository>

export function createRevocationRepository(read: Read, write: Write, transaction: MysqlTransaction) {
  return {
    /** Inserts the row only if `state` is the stream's: what follows from it must be right. Otherwise returns null. */
    async insert(
      tx: Statements,
      revocation: Revocation,
      { epoch, longestTokenTtl }: StreamState,
      now: Date,
    ): Promise<StoredRevocation | null> {
      const id = uuidv7()
      const values = [...valuesOf(id, revocation, now), epoch, longestTokenTtl]
      return (await tx.write(INSERT_IF, values)) === 1 ? { id, epoch, revocation } : null
    },

    async insertAll(tx: Statements, all: readonly Revocation[], now: Date): Promise<void> {
      const rows = all.map((revocation) => valuesOf(uuidv7(), revocation, now))
      await insertAll(tx, 'revocations', COLUMNS, rows)
    },

    /** As the transaction sees it, if there is one. */
    async streamState(tx?: Statements): Promise<StreamState> {
      const [row] = await (tx?.select ?? read)<StateRow>(SELECT_STATE, [])
      if (!row) throw new Error(MISSING_ROW)
      return { ...row, epoch: Number(row.epoch), longestTokenTtl: Number(row.longestTokenTtl) }
    },

    /** Records the longest lifetime, so that a shorter one does not shorten the revocations of older tokens. */
    async raiseLongestTokenTtl(ttl: number): Promise<void> {
      await write('UPDATE revocation_log SET longest_token_ttl = ? WHERE id = 1 AND longest_token_ttl < ?', [ttl, ttl])
    },

    /** Reserves the number of a new epoch. Nothing is written in it before it is activated. */
    async reserveEpoch(): Promise<number> {
      return transaction(async (tx) => {
        await tx.write('UPDATE revocation_log SET reserved_epoch = reserved_epoch + 1 WHERE id = 1', [])
        const [row] = await tx.select<{ reserved: string | number }>(
          'SELECT reserved_epoch AS reserved FROM revocation_log WHERE id = 1',
          [],
        )
        if (!row) throw new Error(MISSING_ROW)
        return Number(row.reserved)
      })
    },

    /** Makes `epoch` the one to publish in, on the server that already has its opening entry. */
    async activateEpoch(epoch: number, serverId: string): Promise<void> {
      await write('UPDATE revocation_log SET epoch = ?, server_id = ? WHERE id = 1', [epoch, serverId])
    },

    /** Revocations in effect that are not in the stream of `epoch` yet, oldest first. */
    async findUnpublished(epoch: number, now: Date, limit: number): Promise<StoredRevocation[]> {
      const rows = await read<RevocationRow>(
        `SELECT id, scope, jti, sid, sub, gen, reason, expires_at AS expiresAt FROM revocations
         WHERE published_epoch < ? AND expires_at > ? ORDER BY published_epoch, id LIMIT ${limit}`,
        [epoch, marginBefore(now)],
      )
      return rows.map((row) => toStored(row, epoch))
    },

    /** How many revocations in effect are not delivered yet. */
    async countUnpublished(now: Date): Promise<number> {
      const [row] = await read<{ waiting: number }>(
        `SELECT COUNT(*) AS waiting FROM revocations
         WHERE published_epoch < (SELECT GREATEST(epoch, 1) FROM revocation_log WHERE id = 1) AND expires_at > ?`,
        [marginBefore(now)],
      )
      return Number(row?.waiting ?? 0)
    },

    async markPublished(ids: readonly string[], epoch: number): Promise<void> {
      if (ids.length === 0) return
      const { list, values } = listOf(ids)
      await write(`UPDATE revocations SET published_epoch = ? WHERE id IN (${list})`, [epoch, ...values])
    },

    /** Deletes up to `limit` revocations whose tokens have all expired. */
    async purge(now: Date, limit: number): Promise<number> {
      return write(`DELETE FROM revocations WHERE expires_at < ? LIMIT ${limit}`, [marginBefore(now)])
    },
  }
}

const marginBefore = (now: Date): Date => new Date(now.getTime() - RETENTION_MARGIN_SECONDS * 1000)
