// The commitment to the details of an entry: it proves them while they exist, and says nothing once they are erased.
import { createHash, randomBytes } from 'node:crypto'
import type { EntryDetails, SaltedDetails } from '../../repositories/audit/entries.js'

const SALT_BYTES = 16

/** Without the salt, which is erased with the details, no one can find them by trying all addresses. */
export function commitmentTo({ salt, ipAddress, userAgent, requestId, nameMac }: SaltedDetails): string {
  const covered = JSON.stringify(['postern audit details v1', salt, ipAddress, userAgent, requestId, nameMac])
  return createHash('sha256').update(covered).digest('hex')
}

export const salted = (details: EntryDetails): SaltedDetails => ({
  ...details,
  salt: randomBytes(SALT_BYTES).toString('hex'),
})
