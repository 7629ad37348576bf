// Writes entries of the audit log in the transaction of the change that they describe.
import { v7 as uuidv7 } from 'uuid'
import type { Statements } from '@postern/service/database/statements'
import type { AuditRepository, EntryDetails, NewEntry, SaltedDetails } from '../../repositories/audit/entries.js'
import { type Actor, OPERATOR } from './actors.js'
import { commitmentTo, salted } from './details.js'
import type { AuditKeys } from './keys.js'
import { writtenMac } from './seals.js'
import type { AuditAction, AuditEvent, AuditFacts } from './entries.js'

const NO_DETAILS: EntryDetails = { ipAddress: null, userAgent: null, requestId: null, nameMac: null }

/** `nameMac`: of the name that was typed, at a failed login. */
export function entryOf(
  keys: AuditKeys,
  event: AuditEvent,
  nameMac: string | null = null,
): [NewEntry, SaltedDetails | null] {
  const { action, result = 'SUCCESS', actor, accountId, facts = {} } = event
  const details = actor.origin || nameMac !== null ? salted({ ...NO_DETAILS, ...actor.origin, nameMac }) : null
  const content = {
    ...{ id: uuidv7(), action, result, actor: actor.kind, actorId: actor.id, accountId },
    facts: JSON.stringify(facts),
    commitment: details && commitmentTo(details),
  }
  const keyId = keys.currentId
  return [{ ...content, keyId, mac: writtenMac(keys, keyId, content) ?? '' }, details]
}

export type AuditTrail = ReturnType<typeof createAuditTrail>

export function createAuditTrail(entries: AuditRepository, keys: AuditKeys) {
  return {
    /** If it can't be written, the change must fail: let the error pass. */
    record: (tx: Statements, event: AuditEvent): Promise<void> => entries.insert(tx, ...entryOf(keys, event)),

    /** The same for what an operator does to many accounts. */
    recordAll: (
      tx: Statements,
      action: AuditAction,
      accounts: readonly { id: string; facts: AuditFacts }[],
    ): Promise<void> =>
      entries.insertAll(
        tx,
        accounts.map(({ id, facts }) => entryOf(keys, { action, actor: OPERATOR, accountId: id, facts })[0]),
      ),

    /** The actor of something earlier. If their account was deleted since, nothing says where they were. */
    async lateActor(tx: Statements, actor: Actor): Promise<Actor> {
      const isThere = actor.id === null || (await entries.lockExisting(tx, [actor.id])).has(actor.id)
      return isThere ? actor : { ...actor, origin: null }
    },
  }
}
