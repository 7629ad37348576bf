// The RPCs that change consents: GrantConsent and RevokeConsent.
import type { CallContext, CallerFacts } from '@postern/service/callers/call-context'
import { actingFor, type Caller } from '@postern/service/callers/caller'
import { invalidField, ServiceError } from '@postern/service/errors'
import { parse } from '@postern/service/input/parse'
import type { Origin } from '../consents/changes.js'
import type { Grant, Granted } from '../consents/granting.js'
import type { KeyedRequest } from '../consents/idempotency.js'
import type { Revocation, Revoked } from '../consents/revoking.js'
import type { Catalog } from '../purposes/catalog.js'
import { inputs, MAX_ADDRESS } from './inputs.js'
import { writeConsent } from './messages.js'
import { type ConsentRuns, knownPurpose, knownScopes } from './rpc.js'
import type { CountCall, Kind } from './limits.js'

interface Parts {
  catalog: Catalog
  /** Of consents that name none. */
  jurisdiction: string | null
  grant: (request: Grant) => Promise<Granted>
  revoke: (request: Revocation) => Promise<Revoked>
  count: CountCall
}

interface Point {
  address?: string | undefined
  userAgent?: string | undefined
  source?: string | undefined
}

/** As long as the column. */
const MOST_OF_USER_AGENT = 255

const cut = (userAgent: string | null | undefined): string | null =>
  userAgent ? [...userAgent].slice(0, MOST_OF_USER_AGENT).join('') : null

/** Where it comes from. What users say of themselves does not count: it is evidence. */
function originOf(caller: Caller, facts: CallerFacts, point: Point = {}): Origin {
  if (caller.kind === 'service') {
    const details = { address: point.address ?? null, userAgent: cut(point.userAgent) }
    return { recordedBy: `service:${caller.name}`, source: point.source ?? caller.name, details }
  }
  if (point.address !== undefined || point.userAgent !== undefined)
    throw invalidField('collectionPoint', 'Only services say from where a person calls.')
  const details = { address: isStorable(facts.address) ? facts.address : null, userAgent: cut(facts.userAgent) }
  return { recordedBy: 'user', source: point.source ?? 'api', details }
}

/** An address with a long zone is of no network that others know. */
const isStorable = (address: string): boolean => address !== '' && address.length <= MAX_ADDRESS

/** Each caller has keys of its own, so that no one can use up those of another. */
function keyed(caller: Caller, key: string | undefined, request: unknown): KeyedRequest | null {
  const owner = caller.kind === 'service' ? `service:${caller.name}` : 'user'
  return key === undefined ? null : { key: `${owner} ${key}`, request }
}

export function changeRuns({ catalog, jurisdiction, grant, revoke, count }: Parts) {
  async function begin(
    kind: Kind,
    context: CallContext,
    userId: string | undefined,
  ): Promise<[caller: Caller, userId: string]> {
    const caller = await context.caller()
    count(caller, kind)
    return [caller, actingFor(caller, userId)]
  }

  return {
    async grantConsent(request, context) {
      const [caller, userId] = await begin('grant', context, request.userId)
      const input = parse(inputs.grant, request)
      const purpose = knownPurpose(catalog, input.purpose)
      const wanted = knownScopes(purpose, input.scopes)
      const scopes = wanted.length === 0 ? purpose.scopes : wanted
      const text = catalog.release(purpose, input.language)
      if (!text) throw invalidField('language', 'The purpose has no text in this language.')
      if (text.version !== input.textVersion) throw new ServiceError('CONSENT_TEXT_OUTDATED')
      const place = input.jurisdiction ?? jurisdiction
      const { consent, now, changed } = await grant({
        ...{ userId, purpose, text, scopes, jurisdiction: place },
        origin: originOf(caller, context.facts, input.collectionPoint),
        idempotency: keyed(caller, input.idempotencyKey, ['grant', purpose.name, text.hash, scopes, place]),
      })
      return { consent: writeConsent(consent, now, catalog), changed }
    },

    async revokeConsent(request, context) {
      const [caller, userId] = await begin('revoke', context, request.userId)
      const input = parse(inputs.revoke, request)
      const purpose = input.all ? null : input.purpose
      const { consents, now, changed } = await revoke({
        ...{ userId, purpose },
        origin: originOf(caller, context.facts, input.collectionPoint),
        idempotency: keyed(caller, input.idempotencyKey, ['revoke', purpose]),
      })
      return { consents: consents.map((consent) => writeConsent(consent, now, catalog)), changed }
    },
  } satisfies Partial<ConsentRuns>
}
