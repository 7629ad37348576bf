// The chain of the audit log: reading entries in its order, sealing new ones, and deleting the oldest.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import type { Read } from '@postern/service/database/reads'
import { listOf } from '@postern/service/database/placeholders'
import type { EntryContent, EntryDetails } from './entries.js'

/** The last entry of the chain, or of what was deleted from its beginning. Position 0 has an empty seal. */
export interface ChainEnd {
  position: number
  seal: string
}

/** The end of what was deleted, with the HMAC that shows who wrote it. */
export interface Anchor extends ChainEnd {
  keyId: string
  mac: string
}

export interface Chain {
  head: ChainEnd
  anchor: Anchor
}

/** What the seal of an entry covers, besides the previous seal. */
export interface SealableEntry extends EntryContent {
  at: Date
}

/** An entry that waits for its seal. Both are null if the service has not written it. */
export interface UnsealedEntry extends SealableEntry {
  keyId: string | null
  mac: string | null
}

export interface SealedEntry extends SealableEntry {
  position: number
  keyId: string
  seal: string
  /** Null if the entry never had any, or if they were erased. */
  details: (EntryDetails & { salt: string }) | null
}

export interface NewSeal {
  id: string
  position: number
  seal: string
}

const ENTRY = `e.id, e.at, e.action, e.result, e.actor, e.actor_id AS actorId, e.account_id AS accountId, e.facts,
  e.commitment`

const CHAIN = `SELECT position, seal, anchor_position AS anchorPosition, anchor_seal AS anchorSeal,
  anchor_key_id AS anchorKeyId, anchor_mac AS anchorMac FROM audit_chain WHERE id = 1`

interface ChainRow {
  position: string | number
  seal: string
  anchorPosition: string | number
  anchorSeal: string
  anchorKeyId: string
  anchorMac: string
}

const toChain = (row: ChainRow): Chain => ({
  head: { position: Number(row.position), seal: row.seal },
  anchor: {
    position: Number(row.anchorPosition),
    seal: row.anchorSeal,
    keyId: row.anchorKeyId,
    mac: row.anchorMac,
  },
})

type SealedRow = Omit<SealedEntry, 'position' | 'details'> &
  EntryDetails & { position: string | number; salt: string | null }

function toSealed(row: SealedRow): SealedEntry {
  const { position, salt, ipAddress, userAgent, requestId, nameMac, ...entry } = row
  const details = salt === null ? null : { salt, ipAddress, userAgent, requestId, nameMac }
  return { ...entry, position: Number(position), details }
}

/** One statement for a batch of any size. */
const WRITE_SEALS = `UPDATE audit_entries e JOIN JSON_TABLE(?, '$[*]' COLUMNS (
    id CHAR(36) PATH '$.id', position BIGINT UNSIGNED PATH '$.position', seal CHAR(64) PATH '$.seal'
  )) s ON e.id = CONVERT(s.id USING ascii)
  SET e.position = s.position, e.seal = s.seal, e.key_id = ?`

function unsealedBy(keyIds: readonly string[]): [string, string[]] {
  const { list, values } = listOf(keyIds)
  return [`e.position IS NULL AND (e.key_id IS NULL OR e.key_id IN (${list}))`, values]
}

export type AuditChainRepository = ReturnType<typeof createAuditChainRepository>

export function createAuditChainRepository(read: Read, transaction: MysqlTransaction) {
  return {
    /** Throws if the row of the chain is missing. */
    async read(): Promise<Chain & { last: number }> {
      // One statement, so that both numbers are of the same time.
      const [row] = await read<ChainRow & { last: string | number }>(
        `SELECT c.*, COALESCE((SELECT MAX(position) FROM audit_entries), 0) AS last FROM (${CHAIN}) c`,
        [],
      )
      if (!row) throw new Error('The row of the table audit_chain is missing.')
      return { ...toChain(row), last: Number(row.last) }
    },

    /** How many entries wait for their seal, and how old the oldest is, in seconds by the database's clock. */
    async waiting(): Promise<{ count: number; seconds: number }> {
      const [row] = await read<{ count: string | number; seconds: string | number | null }>(
        `SELECT COUNT(*) AS count, TIMESTAMPDIFF(MICROSECOND, MIN(at), UTC_TIMESTAMP(3)) / 1e6 AS seconds
         FROM audit_entries WHERE position IS NULL`,
        [],
      )
      return { count: Number(row?.count ?? 0), seconds: Number(row?.seconds ?? 0) }
    },

    /** True if an entry waits for its seal that one of these keys, or none, has written. */
    async isWaiting(keyIds: readonly string[]): Promise<boolean> {
      const [condition, values] = unsealedBy(keyIds)
      return (await read(`SELECT 1 FROM audit_entries e WHERE ${condition} LIMIT 1`, values)).length > 0
    },

    /** Sealed entries after a position, in the order of the chain. */
    async sealedAfter(position: number, limit: number): Promise<SealedEntry[]> {
      const rows = await read<SealedRow>(
        `SELECT ${ENTRY}, e.position, e.key_id AS keyId, e.seal, d.salt, d.ip_address AS ipAddress,
           d.user_agent AS userAgent, d.request_id AS requestId, d.name_mac AS nameMac
         FROM audit_entries e LEFT JOIN audit_details d ON d.entry_id = e.id
         WHERE e.position > ? ORDER BY e.position LIMIT ?`,
        [String(position), String(limit)],
      )
      return rows.map(toSealed)
    },

    /**
     * Runs `work` while this process alone may change the chain. Returns null if another process is changing it. If the
     * process dies, nothing of it happened.
     */
    change<T>(work: (tx: Statements, chain: Chain) => Promise<T>): Promise<T | null> {
      return transaction(async (tx) => {
        const [row] = await tx.select<ChainRow>(`${CHAIN} FOR UPDATE SKIP LOCKED`, [])
        return row ? work(tx, toChain(row)) : null
      })
    },

    /**
     * Committed entries without a seal, in the order of the index, which is that of their ids. Those of longer transactions
     * come later. Any order makes a chain, and without ORDER BY a backlog is not sorted again for each batch. What other
     * keys than these have written is left to other processes.
     */
    unsealed(tx: Statements, keyIds: readonly string[], limit: number): Promise<UnsealedEntry[]> {
      const [condition, values] = unsealedBy(keyIds)
      return tx.select<UnsealedEntry>(
        `SELECT ${ENTRY}, e.key_id AS keyId, e.seal AS mac FROM audit_entries e WHERE ${condition} LIMIT ?`,
        [...values, String(limit)],
      )
    },

    async writeSeals(tx: Statements, seals: readonly NewSeal[], keyId: string): Promise<void> {
      await tx.write(WRITE_SEALS, [JSON.stringify(seals), keyId])
      const { position, seal } = seals.at(-1) as NewSeal
      await tx.write('UPDATE audit_chain SET position = ?, seal = ? WHERE id = 1', [String(position), seal])
    },

    /** The oldest sealed entries. `isOld`: it was written before `before`. */
    async oldest(tx: Statements, before: Date, limit: number): Promise<(ChainEnd & { id: string; isOld: boolean })[]> {
      const rows = await tx.select<{ id: string; position: string | number; seal: string; isOld: number }>(
        `SELECT id, position, seal, at < ? AS isOld FROM audit_entries WHERE position IS NOT NULL
         ORDER BY position LIMIT ?`,
        [before, String(limit)],
      )
      return rows.map((row) => ({ ...row, position: Number(row.position), isOld: Boolean(row.isOld) }))
    },

    /** Deletes the entries up to the anchor, with their details. */
    async deleteThrough(tx: Statements, { position, seal, keyId, mac }: Anchor): Promise<void> {
      const through = [String(position)]
      await tx.write(
        'DELETE d FROM audit_entries e STRAIGHT_JOIN audit_details d ON d.entry_id = e.id WHERE e.position <= ?',
        through,
      )
      await tx.write('DELETE FROM audit_entries WHERE position <= ?', through)
      await tx.write(
        `UPDATE audit_chain SET anchor_position = ?, anchor_seal = ?, anchor_key_id = ?, anchor_mac = ? WHERE id = 1`,
        [String(position), seal, keyId, mac],
      )
    },
  }
}
