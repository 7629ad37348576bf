// The variables of the audit log: the keys that seal it, and how long entries are kept.
import { z } from 'zod'
import { count, list, secret } from '@postern/service/values'

export const auditVariables = z.object({
  AUDIT_KEY: secret.optional(),
  /** Only to verify entries that they have sealed. */
  AUDIT_KEY_PREVIOUS: list.refine(
    (keys) => keys.every((key) => Buffer.byteLength(key) >= 32),
    'must be earlier values of AUDIT_KEY, separated by commas; each is at least 32 bytes long',
  ),
  AUDIT_RETENTION_DAYS: count(2555, 1, 36_500, ' days'),
})
