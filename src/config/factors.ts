// The variables of second factors: their key, and the roles that require one.
import { z } from 'zod'
import { list, secret } from '@postern/service/values'

const ROLES = ['USER', 'ADMIN'] as const

const isRole = (value: string): value is (typeof ROLES)[number] => (ROLES as readonly string[]).includes(value)

export const factorVariables = z.object({
  MFA_KEY: secret.optional(),
  /** Only to decrypt secrets that they have encrypted. */
  MFA_KEY_PREVIOUS: list.refine(
    (keys) => keys.every((key) => Buffer.byteLength(key) >= 32),
    'must be earlier values of MFA_KEY, separated by commas; each is at least 32 bytes long',
  ),
  MFA_REQUIRED_ROLES: list
    .refine((roles) => roles.every(isRole), `must be roles, separated by commas: ${ROLES.join(', ')}`)
    .transform((roles) => roles.filter(isRole)),
})
