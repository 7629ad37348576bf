// The keys that seal the audit log.
import { createHmac } from 'node:crypto'
import { createMacKeys, type MacKeys } from '@postern/service/mac-keys'

export interface AuditKeys extends MacKeys {
  /** The HMAC of a name that was typed. Differs from those of seals. */
  nameMac(name: string): string
}

/** `previous` only verify. */
export const createAuditKeys = (current: string, previous: readonly string[]): AuditKeys => ({
  ...createMacKeys('audit', current, previous),
  nameMac: (name) => createHmac('sha256', current).update(`postern audit name v1\n${name}`).digest('hex'),
})
