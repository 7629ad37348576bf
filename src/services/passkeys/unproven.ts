// Removes passkeys that are not their owner's anymore, or never were.
import type { Statements } from '@postern/service/database/statements'
import type { PasskeyRepository } from '../../repositories/passkeys/passkeys.js'
import { type Actor, type AuditTrail, OPERATOR, SERVICE } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import { factsOf } from './own-passkeys.js'

/**
 * Someone may have registered the address of another person, added a passkey and waited. Call it when the owner of the
 * address takes the account over, in the same transaction. `verifiedAt`: when an address of the account was verified for the
 * first time. Null if none was.
 */
export type RemoveUnprovenPasskeys = (tx: Statements, userId: string, verifiedAt: Date | null) => Promise<void>

export const createRemoveUnprovenPasskeys = (dependencies: Dependencies): RemoveUnprovenPasskeys => {
  const remove = createRemove(dependencies)
  return async (tx, userId, verifiedAt) => {
    await remove(tx, userId, verifiedAt, { actor: SERVICE, reason: 'older_than_verification' })
  }
}

/** For an operator: the person has lost them all. Returns how many there were. */
export type RemoveLostPasskeys = (tx: Statements, userId: string) => Promise<number>

export const createRemoveLostPasskeys = (dependencies: Dependencies): RemoveLostPasskeys => {
  const remove = createRemove(dependencies)
  return (tx, userId) => remove(tx, userId, null, { actor: OPERATOR, reason: 'lost' })
}

interface Dependencies {
  passkeys: Pick<PasskeyRepository, 'removeOlder'>
  audit: AuditTrail
  events: EventTrail
}

const createRemove =
  ({ passkeys, audit, events }: Dependencies) =>
  async (tx: Statements, userId: string, before: Date | null, { actor, reason }: { actor: Actor; reason: string }) => {
    const removed = await passkeys.removeOlder(tx, userId, before)
    for (const passkey of removed) {
      const facts = { passkey: passkey.id, reason }
      await audit.record(tx, { action: 'REMOVE_PASSKEY', actor, accountId: userId, facts })
      await events.record(tx, userId, { type: 'passkey.removed', data: factsOf(passkey) })
    }
    return removed.length
  }
