// The commitment to the details of an entry: it proves them while they exist, and says nothing once they are erased.
import { createHash, randomBytes } from 'node:crypto'
import type { Details, SaltedDetails } from './entry.js'

const SALT_BYTES = 16

/** Without the salt, which is erased with the details, no one can find them by trying all addresses. */
export const commitmentTo = ({ salt, address, userAgent }: SaltedDetails): string =>
  createHash('sha256')
    .update(JSON.stringify(['postern consent details v1', salt, address, userAgent]))
    .digest('hex')

export const salted = (details: Details): SaltedDetails => ({
  ...details,
  salt: randomBytes(SALT_BYTES).toString('hex'),
})
