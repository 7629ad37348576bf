// The variables of accounts: who may register, what they accept, and how long a deletion waits.
import { z } from 'zod'
import { count, type Variables } from '@postern/service/values'

/** Two months: a user who requests a deletion can expect it within about that time. */
const LONGEST_GRACE_SECONDS = 60 * 86_400

/** A page of the operator's. */
const pageUrl = z.string().refine((value) => {
  const url = URL.parse(value)
  if (!url || url.username || url.password || /[\s\p{Cc}"'<>]/u.test(value)) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === 'localhost')
}, 'must be a URL that starts with https://, without credentials')

export const accountVariables = z.object({
  REGISTRATION: z.enum(['open', 'invite', 'closed'], 'must be open, invite or closed').default('open'),
  ACCOUNT_DELETION_GRACE: count(7 * 86_400, 0, LONGEST_GRACE_SECONDS, ' seconds'),
  TERMS_VERSION: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'must have at most 64 letters, digits, dots, colons, dashes and underscores')
    .optional(),
  TERMS_URL: pageUrl.optional(),
  PRIVACY_URL: pageUrl.optional(),
})

/** Users can't accept terms that they can't read. */
export const unreadableTerms = (env: Variables): string[] =>
  env['TERMS_VERSION'] !== undefined && env['TERMS_URL'] === undefined
    ? ['TERMS_URL is required with TERMS_VERSION: users must be able to read what they accept']
    : []
