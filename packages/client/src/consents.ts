/**
 * What the signed-in user agreed to: read it, agree, withdraw, and take the history along. Every call rejects with FORBIDDEN if
 * `consentsEnabled` of the policy is false, and with SERVICE_UNAVAILABLE while the consent service does not respond.
 *
 * @packageDocumentation
 */
import { field } from './answer.js'
import type { Client } from './client.js'
import type {
  Consent,
  ConsentExport,
  ConsentExportFormat,
  ConsentHistory,
  ConsentPurpose,
  GrantConsentInput,
} from './generated/schema.js'

const CONSENT = '{id purpose scopes state valid textVersion language textOutdated grantedAt expiresAt revokedAt}'
const PURPOSES =
  'query($language:String){consentPurposes(language:$language)' +
  '{name title text textVersion language scopes lifetimeDays data recipients storageLocations retention}}'
// There is at most one for each purpose.
const LIST = `{myConsents(first:100){edges{node${CONSENT}}}}`
const HISTORY =
  'query($purpose:String,$first:Int,$after:String){consentHistory(purpose:$purpose,first:$first,after:$after){entries' +
  '{sequence type purpose scopes textVersion at expiresAt recordedBy source ipAddress userAgent}nextPage}}'
const GRANT = `mutation($input:GrantConsentInput!){grantConsent(input:$input)${CONSENT}}`
const REVOKE = `mutation($purpose:String!){revokeConsent(purpose:$purpose)${CONSENT}}`
const EXPORT = 'mutation($format:ConsentExportFormat!){exportMyConsents(format:$format){fileName mediaType content}}'

const call = async <T>(client: Client, name: string, document: string, variables?: object): Promise<T> =>
  field(await client.request<Record<string, T>>(document, variables), name)

/** What people can agree to, with the current version of each text. `language` (BCP 47): if the texts have it. */
export const consentPurposes = (client: Client, language?: string): Promise<ConsentPurpose[]> =>
  call(client, 'consentPurposes', PURPOSES, { language })

/** The consents of the user, those that were withdrawn and those that have expired too. At most one for each purpose. */
export async function consents(client: Client): Promise<Consent[]> {
  const { edges } = await call<{ edges: { node: Consent }[] }>(client, 'myConsents', LIST)
  return edges.map(({ node }) => node)
}

/**
 * The user agrees to a purpose. Rejects with CONSENT_TEXT_OUTDATED if the text has a newer version than the one that was shown:
 * show that, and ask again.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { consentPurposes, grantConsent, revokeConsent } from '@postern/client/consents'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 * const [purpose] = await consentPurposes(client, navigator.language)
 * if (purpose && confirm(purpose.text)) {
 *   const { name, textVersion, language } = purpose
 *   await grantConsent(client, { purpose: name, textVersion, language })
 *   await revokeConsent(client, name)
 * }
 * ```
 */
export const grantConsent = (client: Client, input: GrantConsentInput): Promise<Consent> =>
  call(client, 'grantConsent', GRANT, { input })

/** The user withdraws a consent: from then on, no service gets the answer that it is valid. */
export const revokeConsent = (client: Client, purpose: string): Promise<Consent> =>
  call(client, 'revokeConsent', REVOKE, { purpose })

/** Which part of the history to return. `after`: the `nextPage` of the page before. */
export interface ConsentHistoryOptions {
  readonly purpose?: string | undefined
  readonly first?: number | undefined
  readonly after?: string | undefined
}

/** What happened to the consents of the user, the newest first. */
export const consentHistory = (client: Client, options: ConsentHistoryOptions = {}): Promise<ConsentHistory> =>
  call(client, 'consentHistory', HISTORY, options)

/** Everything that is stored about the consents of the user, as a file. */
export const exportConsents = (client: Client, format: ConsentExportFormat = 'JSON'): Promise<ConsentExport> =>
  call(client, 'exportMyConsents', EXPORT, { format })

export type {
  Consent,
  ConsentEvent,
  ConsentExport,
  ConsentExportFormat,
  ConsentHistory,
  ConsentPurpose,
  ConsentState,
  GrantConsentInput,
} from './generated/schema.js'
