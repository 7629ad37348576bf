// The tables of the audit log: inserting entries, listing them, and erasing their details.
import type { Statements } from '@postern/service/database/statements'
import { inInserts, listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { Tx } from '../database/transactions.js'

/** The personal data of an entry. */
export interface EntryDetails {
  ipAddress: string | null
  userAgent: string | null
  requestId: string | null
  /** The HMAC of the name that was typed at a failed login. */
  nameMac: string | null
}

export interface SaltedDetails extends EntryDetails {
  salt: string
}

/** What an entry says. The database adds the time. */
export interface EntryContent {
  id: string
  action: string
  result: string
  actor: string
  actorId: string | null
  accountId: string | null
  /** JSON. */
  facts: string
  /** A salted hash of the details; null without details. */
  commitment: string | null
}

/** An entry as it is written. */
export interface NewEntry extends EntryContent {
  keyId: string
  /** The HMAC of the content: it shows the sealer that the service has written it. The seal replaces it. */
  mac: string
}

/** An entry as it is listed. Its details are null if it has none, or if they were erased. */
export interface ListedEntry extends EntryContent, EntryDetails {
  at: Date
  position: number | null
  hasDetails: boolean
}

export interface EntryFilter {
  accountId?: string | null | undefined
  actorId?: string | null | undefined
  action?: string | null | undefined
  result?: string | null | undefined
  /** From this time on. */
  from?: Date | null | undefined
  /** Before this time. */
  to?: Date | null | undefined
}

type Value = string | number | Date | null

const INSERT =
  'INSERT INTO audit_entries (id, at, action, result, actor, actor_id, account_id, facts, commitment, key_id, seal) VALUES'
const ROW = '(?, UTC_TIMESTAMP(3), ?, ?, ?, ?, ?, ?, ?, ?, ?)'

const INSERT_DETAILS = `INSERT INTO audit_details (entry_id, salt, ip_address, user_agent, request_id, name_mac)
  VALUES (?, ?, ?, ?, ?, ?)`

const COLUMNS = `e.id, e.position, e.at, e.action, e.result, e.actor, e.actor_id AS actorId, e.account_id AS accountId,
  e.facts, e.commitment, d.ip_address AS ipAddress, d.user_agent AS userAgent, d.request_id AS requestId,
  d.name_mac AS nameMac, d.entry_id IS NOT NULL AS hasDetails`

/** Further than any two clocks differ: ids begin with the time of the process, `at` is the database's. */
const CLOCKS_DIFFER_MS = 86_400_000

type Row = Omit<ListedEntry, 'position' | 'hasDetails'> & { position: string | number | null; hasDetails: number }

const toListed = (row: Row): ListedEntry => ({
  ...row,
  position: row.position === null ? null : Number(row.position),
  hasDetails: Boolean(row.hasDetails),
})

/** The smallest id of that time. */
function firstIdAt(milliseconds: number): string {
  const hex = Math.max(0, milliseconds).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`
}

function conditionsOf({ accountId, actorId, action, result, from, to }: EntryFilter): [string, Value][] {
  const conditions: [string, Value | undefined][] = [
    ['e.account_id = ?', accountId],
    ['e.actor_id = ?', actorId],
    ['e.action = ?', action],
    ['e.result = ?', result],
    ['e.at >= ?', from],
    ['e.at < ?', to],
    // The primary key finds the range of time.
    ['e.id >= ?', from && firstIdAt(from.getTime() - CLOCKS_DIFFER_MS)],
    ['e.id < ?', to && firstIdAt(to.getTime() + CLOCKS_DIFFER_MS)],
  ]
  return conditions.filter((condition): condition is [string, Value] => condition[1] != null)
}

const where = (conditions: readonly [string, Value][]): string =>
  conditions.length > 0 ? `WHERE ${conditions.map(([condition]) => condition).join(' AND ')}` : ''

const valuesOf = (conditions: readonly [string, Value][]) => conditions.map(([, value]) => value as string | Date)

const rowOf = (entry: NewEntry) => {
  const { id, action, result, actor, actorId, accountId, facts, commitment, keyId, mac } = entry
  return [id, action, result, actor, actorId, accountId, facts, commitment, keyId, mac]
}

export type AuditRepository = ReturnType<typeof createAuditRepository>

/** `announce` is called with the account of each entry, once it is committed. */
export function createAuditRepository(read: Read, announce: (accountId: string) => void = () => undefined) {
  return {
    async insert(tx: Statements, entry: NewEntry, details: SaltedDetails | null): Promise<void> {
      await tx.write(`${INSERT} ${ROW}`, rowOf(entry))
      const { accountId } = entry
      if (accountId !== null) tx.afterCommit(() => announce(accountId))
      if (!details) return
      const { salt, ipAddress, userAgent, requestId, nameMac } = details
      await tx.write(INSERT_DETAILS, [entry.id, salt, ipAddress, userAgent, requestId, nameMac])
    },

    /** Those of the accounts that exist. They can't be deleted before the transaction ends. */
    async lockExisting(tx: Statements, accountIds: readonly string[]): Promise<Set<string>> {
      if (accountIds.length === 0) return new Set()
      const { list, values } = listOf(accountIds)
      const sql = `SELECT id FROM users WHERE id IN (${list}) LOCK IN SHARE MODE`
      return new Set((await tx.select<{ id: string }>(sql, values)).map(({ id }) => id))
    },

    /** Inserts many entries without details. */
    async insertAll(tx: Statements, entries: readonly NewEntry[]): Promise<void> {
      for (const { part } of inInserts(entries))
        await tx.write(`${INSERT} ${part.map(() => ROW).join(', ')}`, part.flatMap(rowOf))
    },

    /** The newest first, or `backward` the oldest first, between two ids. */
    async list(
      filter: EntryFilter,
      page: { after: string | null; before: string | null; limit: number; backward: boolean },
    ): Promise<ListedEntry[]> {
      const conditions = conditionsOf(filter)
      if (page.after !== null) conditions.push(['e.id < ?', page.after])
      if (page.before !== null) conditions.push(['e.id > ?', page.before])
      const rows = await read<Row>(
        `SELECT ${COLUMNS} FROM audit_entries e LEFT JOIN audit_details d ON d.entry_id = e.id ${where(conditions)}
         ORDER BY e.id ${page.backward ? 'ASC' : 'DESC'} LIMIT ?`,
        [...valuesOf(conditions), String(page.limit)],
      )
      return rows.map(toListed)
    },

    /** Those of several accounts from this time on, the oldest first; if there are more than `limit`, the newest. */
    async listSince(accountIds: readonly string[], from: Date, limit: number): Promise<ListedEntry[]> {
      if (accountIds.length === 0) return []
      const { list, values } = listOf(accountIds)
      const rows = await read<Row>(
        `SELECT ${COLUMNS} FROM audit_entries e LEFT JOIN audit_details d ON d.entry_id = e.id
         WHERE e.account_id IN (${list}) AND e.id >= ? ORDER BY e.id DESC LIMIT ${limit}`,
        [...values, firstIdAt(from.getTime())],
      )
      return rows.map(toListed).reverse()
    },

    /** In no particular order. Unknown ids are left out. */
    async findByIds(ids: readonly string[], filter: EntryFilter): Promise<ListedEntry[]> {
      if (ids.length === 0) return []
      const { list, values } = listOf(ids)
      const conditions = conditionsOf(filter)
      const rows = await read<Row>(
        `SELECT ${COLUMNS} FROM audit_entries e LEFT JOIN audit_details d ON d.entry_id = e.id
         WHERE e.id IN (${list}) ${conditions.map(([condition]) => `AND ${condition}`).join(' ')}`,
        [...values, ...valuesOf(conditions)],
      )
      return rows.map(toListed)
    },

    /** True if an entry of the filter has this id, or is newer (`downTo`) or older (`upTo`). */
    async exists(filter: EntryFilter, range: { downTo: string } | { upTo: string }): Promise<boolean> {
      const bound: [string, Value] = 'upTo' in range ? ['e.id <= ?', range.upTo] : ['e.id >= ?', range.downTo]
      const conditions = [...conditionsOf(filter), bound]
      const sql = `SELECT 1 FROM audit_entries e ${where(conditions)} LIMIT 1`
      return (await read(sql, valuesOf(conditions))).length > 0
    },

    /** Erases what is known about the person: of their own acts, and of what others unknown did to their account. */
    async eraseDetails(tx: Tx, accountId: string): Promise<number> {
      const own = await tx.$executeRaw`
        DELETE d FROM audit_entries e STRAIGHT_JOIN audit_details d ON d.entry_id = e.id WHERE e.actor_id = ${accountId}`
      const unknown = await tx.$executeRaw`
        DELETE d FROM audit_entries e STRAIGHT_JOIN audit_details d ON d.entry_id = e.id
        WHERE e.account_id = ${accountId} AND e.actor_id IS NULL`
      return own + unknown
    },
  }
}
