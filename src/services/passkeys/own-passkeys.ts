// Lists, renames and removes the passkeys of the signed-in user.
import { ServiceError } from '@postern/service/errors'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import { lockUser } from '../../repositories/database/locked-user.js'
import type { ListedPasskey, NewPasskey, PasskeyRepository } from '../../repositories/passkeys/passkeys.js'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { Viewer } from '../sessions/index.js'
import { providerOf } from './providers.js'

/** A passkey as its owner sees it. */
export interface OwnPasskey {
  id: string
  name: string
  provider: string | null
  isSynced: boolean
  createdAt: Date
  lastUsedAt: Date | null
  /** In base64url. */
  credentialId: string
  rpId: string
}

type Described = Pick<ListedPasskey, 'id' | 'name' | 'aaguid' | 'backedUp' | 'createdAt' | 'lastUsedAt'> & {
  credentialId: Uint8Array
}

export const ownPasskey = (
  { id, name, aaguid, backedUp, createdAt, lastUsedAt, credentialId }: Described,
  rpId: string,
): OwnPasskey => ({
  ...{ id, name, provider: providerOf(aaguid), isSynced: backedUp, createdAt, lastUsedAt, rpId },
  credentialId: Buffer.from(credentialId).toString('base64url'),
})

/** What events say about a passkey: `platform` if it is a part of the device or its password manager. */
export const factsOf = ({ id, aaguid, transports }: Pick<NewPasskey, 'id' | 'aaguid' | 'transports'>) => ({
  ...{ passkeyId: id, aaguid, provider: providerOf(aaguid) },
  attachment: transports.includes('internal') ? ('platform' as const) : ('roaming' as const),
})

interface Dependencies {
  transaction: MysqlTransaction
  passkeys: PasskeyRepository
  rpId: string
  /** Throws REAUTHENTICATION_REQUIRED. */
  requireStepUp: (viewer: Viewer) => Promise<void>
  /** Throws FORBIDDEN if the user has no way in anymore. */
  requireAnotherWayIn: (tx: Statements, userId: string) => Promise<void>
  audit: AuditTrail
  events: EventTrail
}

export type OwnPasskeys = ReturnType<typeof createOwnPasskeys>

export function createOwnPasskeys(dependencies: Dependencies) {
  const { transaction, passkeys, rpId, requireStepUp, requireAnotherWayIn, audit, events } = dependencies

  async function find({ user }: Viewer, id: string): Promise<ListedPasskey> {
    const found = (await passkeys.list(user.id)).find((passkey) => passkey.id === id)
    if (!found) throw new ServiceError('NOT_FOUND')
    return found
  }

  return {
    async list({ user }: Pick<Viewer, 'user'>): Promise<OwnPasskey[]> {
      return (await passkeys.list(user.id)).map((passkey) => ownPasskey(passkey, rpId))
    },

    /** Throws NOT_FOUND. */
    async rename(viewer: Viewer, { id, name }: { id: string; name: string }): Promise<OwnPasskey> {
      const userId = viewer.user.id
      await transaction(async (tx) => {
        if (!(await passkeys.rename(tx, { id, userId, name }))) throw new ServiceError('NOT_FOUND')
        const facts = { passkey: id }
        await audit.record(tx, { action: 'RENAME_PASSKEY', actor: userActor(viewer), accountId: userId, facts })
      })
      return ownPasskey(await find(viewer, id), rpId)
    },

    /** Throws NOT_FOUND, REAUTHENTICATION_REQUIRED, and FORBIDDEN for the last way in. */
    async remove(viewer: Viewer, id: string): Promise<void> {
      await requireStepUp(viewer)
      const userId = viewer.user.id
      const passkey = await find(viewer, id)
      await transaction(async (tx) => {
        // Of two requests that remove the last two ways in at once, the second sees only one.
        const account = await lockUser(tx, { id: userId })
        if (account?.generation !== viewer.user.generation) throw new ServiceError('UNAUTHENTICATED')
        if (!(await passkeys.remove(tx, { id, userId }))) throw new ServiceError('NOT_FOUND')
        await requireAnotherWayIn(tx, userId)
        const facts = { passkey: id }
        await audit.record(tx, { action: 'REMOVE_PASSKEY', actor: userActor(viewer), accountId: userId, facts })
        await events.record(tx, userId, { type: 'passkey.removed', data: factsOf(passkey) })
      })
    },
  }
}
