// Grants consents.
import { randomUUID } from 'node:crypto'
import type { Statements } from '@postern/service/database/statements'
import { ServiceError } from '@postern/service/errors'
import type { Chains, OpenChain } from '../history/chains.js'
import type { PurposeView } from '../purposes/catalog.js'
import type { Purpose } from '../purposes/purpose.js'
import type { DeniedCache } from '../validation/denied-cache.js'
import type { Origin, RecordChange } from './changes.js'
import type { ConsentRow } from './consent.js'
import type { Idempotency, KeyedRequest } from './idempotency.js'
import type { StoredConsents } from './stored-consents.js'

/** A repeated grant renews a consent that is older: it has a new proof and a new end. */
const RENEWED_AFTER_MS = 24 * 3_600_000

const DAY_MS = 24 * 3_600_000

export interface Grant {
  readonly userId: string
  readonly purpose: Purpose
  /** What was shown: the current version. */
  readonly text: PurposeView
  /** Sorted, and part of the purpose. */
  readonly scopes: readonly string[]
  readonly jurisdiction: string | null
  readonly origin: Origin
  readonly idempotency: KeyedRequest | null
}

export interface Granted {
  readonly consent: ConsentRow
  readonly now: Date
  /** False if nothing was written. */
  readonly changed: boolean
}

const OUTDATED = () => new ServiceError('CONSENT_TEXT_OUTDATED')

/** A deleted user gets nothing new: no event would erase it any more. */
const NO_USER = () => new ServiceError('NOT_FOUND', { message: 'There is no such user.' })

export function createGranting({
  chains,
  consents,
  idempotency,
  record,
  denied,
}: {
  chains: Chains
  consents: StoredConsents
  idempotency: Idempotency
  record: RecordChange
  denied: DeniedCache
}) {
  async function grant(tx: Statements, chain: OpenChain, request: Grant): Promise<Granted> {
    const { userId, purpose, text, scopes, jurisdiction, origin } = request
    if (chain.head.erasedAt) throw NO_USER()
    const { now, consents: all } = await consents.listLocked(tx, userId)
    const before = all.find((consent) => consent.purpose === purpose.name)
    const isRepeated = await idempotency.isRepeated(tx, userId, request.idempotency)
    if (before && isRepeated) return { consent: before, now, changed: false }
    if (before && isNewer(before, now, text)) throw OUTDATED()
    await idempotency.remember(tx, userId, request.idempotency)
    if (before && isSame(before, now, request)) return { consent: before, now, changed: false }
    const consent = {
      ...{
        id: before?.id ?? randomUUID(),
        userId,
        purpose: purpose.name,
        state: 'GRANTED' as const,
        scopes,
        jurisdiction,
      },
      ...{ textVersion: text.version, language: text.language, textHash: text.hash },
      ...{ grantedAt: now, expiresAt: new Date(now.getTime() + purpose.lifetimeDays * DAY_MS), revokedAt: null },
    }
    return { consent: await record(tx, chain, { consent, at: now, origin }), now, changed: true }
  }

  return async (request: Grant): Promise<Granted> => {
    const { userId, purpose } = request
    const granted = await chains.change({ userId, create: true }, (tx, chain) => grant(tx, chain as OpenChain, request))
    // Also if nothing has changed: an earlier grant may have been committed without its answer.
    await denied.forget(userId, purpose.name)
    return granted
  }
}

const isActive = ({ state, expiresAt }: ConsentRow, now: Date): boolean => state === 'GRANTED' && expiresAt > now

/** Another process has a newer text: this one must not take the person back. */
const isNewer = (before: ConsentRow, now: Date, text: PurposeView): boolean =>
  isActive(before, now) && before.textVersion > text.version

const isSame = (before: ConsentRow, now: Date, { text, scopes, jurisdiction }: Grant): boolean =>
  isActive(before, now) &&
  before.textHash === text.hash &&
  before.jurisdiction === jurisdiction &&
  before.scopes.join(' ') === scopes.join(' ') &&
  now.getTime() - before.grantedAt.getTime() < RENEWED_AFTER_MS
