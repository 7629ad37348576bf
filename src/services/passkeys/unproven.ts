// Removes passkeys from the time before the account's address was verified.
import type { Statements } from '../../repositories/database/statements.js'
import type { PasskeyRepository } from '../../repositories/passkeys/passkeys.js'
import { type AuditTrail, SERVICE } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import { factsOf } from './own-passkeys.js'

/**
 * Someone may have registered the address of another person, added a passkey and waited. Call it when the owner of the
 * address takes the account over, in the same transaction. `verifiedAt`: null if the address was not verified before.
 */
export type RemoveUnprovenPasskeys = (tx: Statements, userId: string, verifiedAt: Date | null) => Promise<void>

export const createRemoveUnprovenPasskeys =
  ({
    passkeys,
    audit,
    events,
  }: {
    passkeys: Pick<PasskeyRepository, 'removeOlder'>
    audit: AuditTrail
    events: EventTrail
  }): RemoveUnprovenPasskeys =>
  async (tx, userId, verifiedAt) => {
    for (const passkey of await passkeys.removeOlder(tx, userId, verifiedAt)) {
      const facts = { passkey: passkey.id, reason: 'older_than_verification' }
      await audit.record(tx, { action: 'REMOVE_PASSKEY', actor: SERVICE, accountId: userId, facts })
      await events.record(tx, userId, { type: 'passkey.removed', data: factsOf(passkey) })
    }
  }
