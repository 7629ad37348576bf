// An entry of the history as a row.
import type { Values } from '@postern/service/database/statements'
import type { ChainEnd, Entry, EntryContent, EventType } from './entry.js'

/** Scopes have no spaces. */
export const writeScopes = (scopes: readonly string[]): string => scopes.join(' ')
export const readScopes = (text: string): string[] => (text === '' ? [] : text.split(' '))

export const ENTRY_COLUMNS = [
  ...['user_id', 'sequence', 'schema_version', 'consent_id', 'type', 'purpose', 'scopes', 'text_version', 'language'],
  ...['text_hash', 'at', 'expires_at', 'recorded_by', 'source', 'jurisdiction'],
  ...['controller_name', 'controller_address', 'controller_contact', 'commitment', 'key_id', 'mac'],
]

export const entryValues = (userId: string, end: ChainEnd, keyId: string, entry: EntryContent): Values => [
  ...[userId, String(end.sequence), entry.schemaVersion, entry.consentId, entry.type, entry.purpose],
  ...[writeScopes(entry.scopes), entry.textVersion, entry.language, entry.textHash, entry.at, entry.expiresAt],
  ...[entry.recordedBy, entry.source, entry.jurisdiction],
  ...[entry.controller.name, entry.controller.address, entry.controller.contact],
  ...[entry.commitment, keyId, end.mac],
]

/** From `consent_history e` and its `consent_details d`. */
export const SELECT_ENTRY = `SELECT e.sequence, e.schema_version AS schemaVersion, e.consent_id AS consentId, e.type, e.purpose,
    e.scopes, e.text_version AS textVersion, e.language, e.text_hash AS textHash, e.at, e.expires_at AS expiresAt,
    e.recorded_by AS recordedBy, e.source, e.jurisdiction, e.controller_name AS controllerName,
    e.controller_address AS controllerAddress, e.controller_contact AS controllerContact, e.commitment,
    e.key_id AS keyId, e.mac, d.salt, d.address, d.user_agent AS userAgent
  FROM consent_history e LEFT JOIN consent_details d ON d.user_id = e.user_id AND d.sequence = e.sequence`

export interface EntryRow {
  sequence: string | number
  schemaVersion: number
  consentId: string
  type: EventType
  purpose: string
  scopes: string
  textVersion: number
  language: string
  textHash: string
  at: Date
  expiresAt: Date
  recordedBy: string
  source: string
  jurisdiction: string | null
  controllerName: string
  controllerAddress: string
  controllerContact: string
  commitment: string | null
  keyId: string
  mac: string
  salt: string | null
  address: string | null
  userAgent: string | null
}

export function toEntry(row: EntryRow): Entry {
  const { controllerName, controllerAddress, controllerContact, salt, address, userAgent, ...entry } = row
  return {
    ...entry,
    sequence: Number(row.sequence),
    scopes: readScopes(row.scopes),
    controller: { name: controllerName, address: controllerAddress, contact: controllerContact },
    details: salt === null ? null : { salt, address, userAgent },
  }
}
