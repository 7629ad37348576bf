// Withdraws consents.
import type { Statements } from '@postern/service/database/statements'
import { ServiceError } from '@postern/service/errors'
import type { Chains, OpenChain } from '../history/chains.js'
import type { Catalog } from '../purposes/catalog.js'
import type { Origin, RecordChange } from './changes.js'
import type { ConsentRow } from './consent.js'
import type { Idempotency, KeyedRequest } from './idempotency.js'
import type { StoredConsents } from './stored-consents.js'

export interface Revocation {
  readonly userId: string
  /** Null: all. */
  readonly purpose: string | null
  readonly origin: Origin
  readonly idempotency: KeyedRequest | null
}

export interface Revoked {
  /** Those that the request is about, as they are now. */
  readonly consents: readonly ConsentRow[]
  readonly now: Date
  /** False if nothing was written. */
  readonly changed: boolean
}

export function createRevoking({
  chains,
  consents,
  idempotency,
  record,
  catalog,
}: {
  chains: Chains
  consents: StoredConsents
  idempotency: Idempotency
  record: RecordChange
  catalog: Catalog
}) {
  async function revoke(tx: Statements, chain: OpenChain, request: Revocation): Promise<Revoked> {
    const { userId, purpose, origin } = request
    const { now, consents: all } = await consents.listLocked(tx, userId)
    const meant = all.filter((consent) => purpose === null || consent.purpose === purpose)
    refuseUnknown(purpose, meant)
    if (await idempotency.isRepeated(tx, userId, request.idempotency)) return { consents: meant, now, changed: false }
    await idempotency.remember(tx, userId, request.idempotency)
    const after: ConsentRow[] = []
    for (const consent of meant)
      // Also one whose time is over, if that is not recorded yet: the person has said so.
      if (consent.state !== 'GRANTED') after.push(consent)
      else {
        const revoked = { ...consent, state: 'REVOKED' as const, revokedAt: now }
        after.push(await record(tx, chain, { consent: revoked, at: now, origin }))
      }
    return { consents: after, now, changed: after.some((consent, i) => consent !== meant[i]) }
  }

  /** A misspelled purpose would withdraw nothing. One that the user has may be in no list any more. */
  function refuseUnknown(purpose: string | null, meant: readonly ConsentRow[]): void {
    if (purpose !== null && meant.length === 0 && !catalog.find(purpose))
      throw new ServiceError('NOT_FOUND', { message: 'There is no such purpose.' })
  }

  /** Throws NOT_FOUND if there is no such purpose. */
  return (request: Revocation): Promise<Revoked> => {
    const { userId, purpose } = request
    // To remember the key, the history must exist.
    const create = request.idempotency !== null
    return chains.change({ userId, create }, async (tx, chain) => {
      if (chain) return revoke(tx, chain, request)
      refuseUnknown(purpose, [])
      return { consents: [], now: new Date(), changed: false }
    })
  }
}
