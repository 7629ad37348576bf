// An export as CSV: one line for each consent, text and entry of the history, with the columns of all of them.
import type { ConsentRow } from '../consents/consent.js'
import type { Entry } from '../history/entry.js'
import type { PurposeView } from '../purposes/catalog.js'
import { csvLine } from './csv.js'
import type { ExportFormat, ExportHead } from './parts.js'

const COLUMNS = [
  ...['kind', 'user_id', 'consent_id', 'sequence', 'event', 'state', 'purpose', 'scopes', 'text_version', 'language'],
  ...['text_hash', 'at', 'granted_at', 'expires_at', 'revoked_at', 'recorded_by', 'source', 'jurisdiction'],
  ...['address', 'user_agent', 'details_erased', 'controller_name', 'controller_address', 'controller_contact'],
  ...['schema_version', 'key_id', 'mac', 'title', 'text', 'data', 'recipients', 'storage_locations', 'retention'],
] as const

type Line = Partial<Record<(typeof COLUMNS)[number], string | number | boolean | null>>

const lineOf = (line: Line): string => csvLine(COLUMNS.map((column) => line[column] ?? null))

const timeOf = (time: Date | null): string | null => time?.toISOString() ?? null

const listed = (items: readonly string[]): string => items.join('; ')

const consentLine = (consent: ConsentRow, { userId, controller }: ExportHead): string =>
  lineOf({
    ...{ kind: 'consent', user_id: userId, consent_id: consent.id, state: consent.state, purpose: consent.purpose },
    ...{ scopes: listed(consent.scopes), text_version: consent.textVersion, language: consent.language },
    ...{ text_hash: consent.textHash, granted_at: timeOf(consent.grantedAt), expires_at: timeOf(consent.expiresAt) },
    ...{ revoked_at: timeOf(consent.revokedAt), jurisdiction: consent.jurisdiction },
    ...{ controller_name: controller.name, controller_address: controller.address },
    controller_contact: controller.contact,
  })

const textLine = (text: PurposeView): string =>
  lineOf({
    ...{ kind: 'text', purpose: text.purpose, text_version: text.version, language: text.language },
    ...{ text_hash: text.hash, title: text.title, text: text.text, scopes: listed(text.scopes) },
    ...{ data: listed(text.data), recipients: listed(text.recipients) },
    ...{ storage_locations: listed(text.storageLocations), retention: text.retention },
  })

const entryLine = (entry: Entry): string =>
  lineOf({
    ...{ kind: 'event', consent_id: entry.consentId, sequence: entry.sequence, event: entry.type },
    ...{ purpose: entry.purpose, scopes: listed(entry.scopes), text_version: entry.textVersion },
    ...{ language: entry.language, text_hash: entry.textHash, at: timeOf(entry.at) },
    ...{ expires_at: timeOf(entry.expiresAt), recorded_by: entry.recordedBy, source: entry.source },
    ...{ jurisdiction: entry.jurisdiction, address: entry.details?.address ?? null },
    ...{ user_agent: entry.details?.userAgent ?? null },
    details_erased: entry.commitment !== null && entry.details === null,
    ...{ controller_name: entry.controller.name, controller_address: entry.controller.address },
    ...{ controller_contact: entry.controller.contact, schema_version: entry.schemaVersion },
    ...{ key_id: entry.keyId, mac: entry.mac },
  })

export const csvExport: ExportFormat = {
  contentType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  begin: (head) =>
    [csvLine(COLUMNS), ...head.consents.map((consent) => consentLine(consent, head)), ...head.texts.map(textLine)].join(
      '',
    ),
  entries: (entries) => entries.map(entryLine).join(''),
  end: () => '',
}
