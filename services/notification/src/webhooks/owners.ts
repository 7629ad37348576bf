// Whose webhooks a caller may see and change: those of the deployment are for administrators, those of a person for that person.
import { actingFor, type Caller } from '@postern/service/callers/caller'
import type { Read } from '@postern/service/database/reads'
import { ServiceError } from '@postern/service/errors'

/** A person, or null for the deployment. */
export type WebhookOwner = string | null

const isAdmin = (caller: Caller): boolean => caller.kind === 'service' || caller.roles.includes('ADMIN')

/** `userId`: what a request says that names no webhook. Throws FORBIDDEN. */
export function ownerFor(caller: Caller, userId: string | undefined): WebhookOwner {
  const isNamed = userId !== undefined && userId !== ''
  return !isNamed && isAdmin(caller) ? null : actingFor(caller, userId)
}

const mayUse = (caller: Caller, owner: WebhookOwner): boolean =>
  owner === null ? isAdmin(caller) : caller.kind === 'user' && caller.userId === owner

export type Owners = ReturnType<typeof createOwners>

export function createOwners(read: Read) {
  async function find(sql: string, caller: Caller, id: string): Promise<WebhookOwner> {
    const [row] = await read<{ owner: WebhookOwner }>(sql, [id])
    // Others learn nothing of it, not even that it exists.
    if (!row || !mayUse(caller, row.owner)) throw new ServiceError('NOT_FOUND')
    return row.owner
  }

  return {
    /** Throws NOT_FOUND if there is no such webhook, or the caller may not use it. */
    ofWebhook: (caller: Caller, id: string) =>
      find('SELECT owner_id AS owner FROM webhook_endpoints WHERE id = ?', caller, id),

    /** The same for a delivery. */
    ofDelivery: (caller: Caller, id: string) =>
      find(
        `SELECT e.owner_id AS owner FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
         WHERE d.id = ?`,
        caller,
        id,
      ),

    /** Of a webhook that exists, in a transaction that has locked it. */
    async inTransaction(select: SelectOwner, id: string): Promise<WebhookOwner> {
      const [row] = await select<{ owner: WebhookOwner }>(
        'SELECT owner_id AS owner FROM webhook_endpoints WHERE id = ?',
        [id],
      )
      return row?.owner ?? null
    },
  }
}

type SelectOwner = <Row>(sql: string, values: string[]) => Promise<Row[]>
