// The table of webhooks: the receivers of events over HTTP.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { Statements, Values } from '@postern/service/database/statements'

export type DisabledReason = 'GONE' | 'FAILING'

/** A webhook as administrators see it. */
export interface WebhookEndpoint {
  id: string
  url: string
  description: string | null
  /** Null: all. */
  eventTypes: string[] | null
  enabled: boolean
  disabledReason: DisabledReason | null
  /** The first failure since the last success. */
  failingSince: Date | null
  previousUntil: Date | null
  createdAt: Date
  updatedAt: Date
}

/** A secret, encrypted with the key of this id. */
export interface SealedSecret {
  keyId: string
  sealed: Uint8Array
}

export interface EndpointChanges {
  url?: string | undefined
  description?: string | null | undefined
  eventTypes?: readonly string[] | null | undefined
  enabled?: boolean | undefined
}

/** Whose webhooks: a user's, null for those of the deployment. Undefined where webhooks have no owners, nor a column for them. */
export type Owner = string | null | undefined

/** The condition of an owner, to be added to others. */
function ownedBy(owner: Owner): { and: string; values: string[] } {
  if (owner === undefined) return { and: '', values: [] }
  return owner === null ? { and: ' AND owner_id IS NULL', values: [] } : { and: ' AND owner_id = ?', values: [owner] }
}

const COLUMNS = `id, url, description, event_types AS eventTypes, enabled, disabled_reason AS disabledReason,
  failing_since AS failingSince, previous_until AS previousUntil, created_at AS createdAt, updated_at AS updatedAt`

type Row = Omit<WebhookEndpoint, 'eventTypes' | 'enabled'> & { eventTypes: string | null; enabled: number }

const toEndpoint = ({ eventTypes, enabled, ...row }: Row): WebhookEndpoint => ({
  ...row,
  eventTypes: eventTypes?.split(',') ?? null,
  enabled: Boolean(enabled),
})

const joined = (eventTypes: readonly string[] | null): string | null => eventTypes?.join(',') ?? null

export type EndpointRepository = ReturnType<typeof createEndpointRepository>

/** Of webhooks with other owners, it does as if they did not exist. */
export function createEndpointRepository(read: Read, owner?: Owner) {
  const { and, values: owned } = ownedBy(owner)

  const wantingOf = (type: string): [sql: string, values: string[]] => [
    `SELECT id FROM webhook_endpoints
     WHERE enabled AND (event_types IS NULL OR FIND_IN_SET(?, event_types) > 0)${and} ORDER BY id`,
    [type, ...owned],
  ]

  return {
    async find(id: string): Promise<WebhookEndpoint | null> {
      const [row] = await read<Row>(`SELECT ${COLUMNS} FROM webhook_endpoints WHERE id = ?${and}`, [id, ...owned])
      return row ? toEndpoint(row) : null
    },

    /** In no particular order. Unknown ids are left out. */
    async findByIds(ids: readonly string[]): Promise<WebhookEndpoint[]> {
      if (ids.length === 0) return []
      const { list, values } = listOf(ids)
      const sql = `SELECT ${COLUMNS} FROM webhook_endpoints WHERE id IN (${list})${and}`
      return (await read<Row>(sql, [...values, ...owned])).map(toEndpoint)
    },

    /** Locks the row for the rest of the transaction. */
    async lock(tx: Statements, id: string): Promise<WebhookEndpoint | null> {
      const sql = `SELECT ${COLUMNS} FROM webhook_endpoints WHERE id = ?${and} FOR UPDATE`
      const [row] = await tx.select<Row>(sql, [id, ...owned])
      return row ? toEndpoint(row) : null
    },

    /** By ascending id, or `backward` by descending id. */
    async list(page: {
      after: string | null
      before: string | null
      limit: number
      backward: boolean
    }): Promise<WebhookEndpoint[]> {
      const { after, before, limit, backward } = page
      const between = `${after === null ? '' : ' AND id > ?'}${before === null ? '' : ' AND id < ?'}`
      const rows = await read<Row>(
        `SELECT ${COLUMNS} FROM webhook_endpoints WHERE TRUE${and}${between}
         ORDER BY id ${backward ? 'DESC' : 'ASC'} LIMIT ?`,
        [...owned, ...[after, before, String(limit)].filter((value) => value !== null)],
      )
      return rows.map(toEndpoint)
    },

    async exists(range: { upTo: string } | { from: string }): Promise<boolean> {
      const [condition, id] = 'upTo' in range ? ['id <= ?', range.upTo] : ['id >= ?', range.from]
      const sql = `SELECT 1 FROM webhook_endpoints WHERE ${condition}${and} LIMIT 1`
      return (await read(sql, [id, ...owned])).length > 0
    },

    /** Locks all rows, so that of two registrations at once the later one counts the other. */
    count: async (tx: Statements): Promise<number> =>
      (await tx.select(`SELECT id FROM webhook_endpoints WHERE TRUE${and} FOR UPDATE`, owned)).length,

    async insert(
      tx: Statements,
      endpoint: Pick<WebhookEndpoint, 'id' | 'url' | 'description' | 'eventTypes' | 'enabled'> & SealedSecret,
      now: Date,
    ): Promise<void> {
      const { id, url, description, eventTypes, enabled, keyId, sealed } = endpoint
      await tx.write(
        `INSERT INTO webhook_endpoints
           (id, url, description, event_types, enabled, paced_at, secret, key_id, created_at, updated_at${owner === undefined ? '' : ', owner_id'})
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?${owner === undefined ? '' : ', ?'})`,
        [
          ...[id, url, description, joined(eventTypes), Number(enabled), new Date(0), sealed, keyId, now, now],
          ...(owner === undefined ? [] : [owner]),
        ],
      )
    },

    /** Enabling it forgets its failures. */
    async update(tx: Statements, id: string, changes: EndpointChanges, now: Date): Promise<void> {
      const { url, description, eventTypes, enabled } = changes
      const set: [string, Values[number]][] = [['updated_at = ?', now]]
      if (url !== undefined) set.push(['url = ?', url])
      if (description !== undefined) set.push(['description = ?', description])
      if (eventTypes !== undefined) set.push(['event_types = ?', joined(eventTypes)])
      if (enabled !== undefined)
        set.push(['disabled_reason = NULL, failing_since = NULL, enabled = ?', Number(enabled)])
      const assignments = set.map(([assignment]) => assignment).join(', ')
      const values = set.map(([, value]) => value)
      await tx.write(`UPDATE webhook_endpoints SET ${assignments} WHERE id = ?`, [...values, id])
    },

    /** The current secret stays valid until then, instead of the one before it. */
    async rotate(tx: Statements, id: string, { keyId, sealed }: SealedSecret, previousUntil: Date, now: Date) {
      await tx.write(
        `UPDATE webhook_endpoints SET previous_secret = secret, previous_key_id = key_id, previous_until = ?,
           secret = ?, key_id = ?, updated_at = ? WHERE id = ?`,
        [previousUntil, sealed, keyId, now, id],
      )
    },

    disable: (tx: Statements, id: string, reason: DisabledReason): Promise<number> =>
      tx.write('UPDATE webhook_endpoints SET enabled = FALSE, disabled_reason = ? WHERE id = ?', [reason, id]),

    /** Returns false if there is none. */
    delete: async (tx: Statements, id: string): Promise<boolean> =>
      (await tx.write('DELETE FROM webhook_endpoints WHERE id = ?', [id])) === 1,

    /** The types that those that are enabled want. Null: all. */
    async wantedTypes(tx: Statements): Promise<ReadonlySet<string> | null> {
      const rows = await tx.select<Pick<Row, 'eventTypes'>>(
        `SELECT DISTINCT event_types AS eventTypes FROM webhook_endpoints WHERE enabled${and}`,
        owned,
      )
      if (rows.some(({ eventTypes }) => eventTypes === null)) return null
      return new Set(rows.flatMap(({ eventTypes }) => eventTypes?.split(',') ?? []))
    },

    /** The ids of those that are enabled and want events of this type. */
    async wanting(tx: Statements, type: string): Promise<string[]> {
      return (await tx.select<{ id: string }>(...wantingOf(type))).map(({ id }) => id)
    },

    /** The same, outside of a transaction. */
    async nowWanting(type: string): Promise<string[]> {
      return (await read<{ id: string }>(...wantingOf(type))).map(({ id }) => id)
    },
  }
}
