// The webhooks that have something to send. A look at them is short, however many there are.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'

/** A webhook that has something to send. */
export interface DueEndpoint {
  id: string
  /** The person whose it is. Null: it belongs to the deployment. */
  owner: string | null
  /** Its last request has failed. */
  isFailing: boolean
}

interface Row {
  id: string
  owner: string | null
  isFailing: number
  isDue: number
}

/** Reads one delivery of each. MariaDB would answer an EXISTS by reading all that wait. */
const selectWith = (owner: string) => `SELECT e.id, ${owner} AS owner, e.failing_since IS NOT NULL AS isFailing,
    e.enabled AND COALESCE((SELECT d.due_at FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'PENDING'
      ORDER BY d.due_at LIMIT 1) <= UTC_TIMESTAMP(3), FALSE) AS isDue
  FROM webhook_endpoints e`

const dueOf = (rows: readonly Row[]): DueEndpoint[] =>
  rows
    .filter(({ isDue }) => Number(isDue) === 1)
    .map(({ id, owner, isFailing }) => ({ id, owner, isFailing: Number(isFailing) === 1 }))

export type DueEndpoints = ReturnType<typeof createDueEndpoints>

/** `hasOwners`: whether the table has webhooks of people, too. */
export function createDueEndpoints(read: Read, { hasOwners }: { hasOwners: boolean }) {
  const select = selectWith(hasOwners ? 'e.owner_id' : 'NULL')

  return {
    /** All of the deployment: there are few. */
    async ofDeployment(): Promise<DueEndpoint[]> {
      return dueOf(await read<Row>(`${select}${hasOwners ? ' WHERE e.owner_id IS NULL' : ''}`, []))
    },

    /** Those of the next `limit` webhooks of people, by their ids. `next`: `after` of the next look; at the end empty, as at first. */
    async ofPeople(after: string, limit: number): Promise<{ due: DueEndpoint[]; next: string }> {
      if (!hasOwners) return { due: [], next: '' }
      const page = ' FORCE INDEX (PRIMARY) WHERE e.owner_id IS NOT NULL AND e.id > ? ORDER BY e.id LIMIT ?'
      const rows = await read<Row>(`${select}${page}`, [after, String(limit)])
      return { due: dueOf(rows), next: rows.length < limit ? '' : (rows.at(-1)?.id ?? '') }
    },

    /** Those of the given ones, at most 512. */
    async among(ids: readonly string[]): Promise<DueEndpoint[]> {
      if (ids.length === 0) return []
      const { list, values } = listOf(ids)
      return dueOf(await read<Row>(`${select} WHERE e.id IN (${list})`, values))
    },
  }
}
