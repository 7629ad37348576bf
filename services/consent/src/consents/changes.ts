// A change of a consent: its entry in the history, the consent as it is then, and its event, in one transaction.
import type { Statements } from '@postern/service/database/statements'
import type { OpenChain } from '../history/chains.js'
import type { Controller, Details } from '../history/entry.js'
import type { ConsentRow, ConsentState } from './consent.js'
import type { ConsentEventType, NewConsentEvent } from './events.js'
import type { StoredConsents } from './stored-consents.js'

/** Who changes a consent, from where. */
export interface Origin {
  /** `user`, `system`, or `service:<name>`. */
  readonly recordedBy: string
  readonly source: string
  /** Null if no person has done it. */
  readonly details: Details | null
}

const EVENTS: Readonly<Record<ConsentState, ConsentEventType>> = {
  GRANTED: 'consent.granted',
  REVOKED: 'consent.revoked',
  EXPIRED: 'consent.expired',
}

/** Writes an event into the outbox, in the transaction of the change. */
export type RecordEvent = (tx: Statements, userId: string, event: NewConsentEvent) => Promise<unknown>

export type RecordChange = ReturnType<typeof createRecordChange>

export const createRecordChange =
  ({
    consents,
    recordEvent,
    controller,
  }: {
    consents: StoredConsents
    recordEvent: RecordEvent
    controller: Controller
  }) =>
  /** `consent` is what it becomes, at the time `at`. Returns it with its place in the history. */
  async (
    tx: Statements,
    chain: OpenChain,
    { consent, at, origin }: { consent: Omit<ConsentRow, 'sequence'>; at: Date; origin: Origin },
  ): Promise<ConsentRow> => {
    const { id: consentId, userId, state, purpose, scopes, textVersion, language, textHash, expiresAt } = consent
    const { sequence, mac } = await chain.append({
      ...{ consentId, type: state, purpose, scopes, textVersion, language, textHash, at, expiresAt },
      ...{ jurisdiction: consent.jurisdiction, controller },
      ...origin,
    })
    const changed = { ...consent, sequence }
    await consents.save(tx, changed)
    const facts = { consentId, purpose, scopes, textVersion, expiresAt: expiresAt.toISOString() }
    await recordEvent(tx, userId, { type: EVENTS[state], data: { ...facts, sequence, mac } })
    return changed
  }
