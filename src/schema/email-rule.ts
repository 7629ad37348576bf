// The rule for email addresses.
import { domainToASCII, domainToUnicode } from 'node:url'
import { normalizeText } from '@postern/contract/text'
import { canonicalEmail, foldEmail, normalizeEmail } from '../platform/emails.js'
import { INVISIBLE_MESSAGE, STACKED_MARKS_MESSAGE, text } from '@postern/service/input/text-rules'
import { hasInvisible, hasStackedMarks } from '@postern/service/input/invisible-characters'

const EMAIL_MAX_LENGTH = 254

function isEmail(value: string): boolean {
  const [local, domain, ...rest] = value.split('@')
  if (!local || !domain || rest.length > 0 || local.length > 64) return false
  // Lower case and ASCII can be longer. All forms must fit their columns.
  const forms = [value, foldEmail(value), canonicalEmail(value)]
  if (forms.some((form) => [...form].length > EMAIL_MAX_LENGTH)) return false
  return /^[^\p{Z}\p{C}"(),:;<>[\\\]]+$/u.test(local) && !/^\.|\.\.|\.$/.test(local) && isDomain(domain)
}

/** IDNA drops or maps many characters. Only domains in their normal form are unambiguous. */
function isDomain(domain: string): boolean {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return false
  const lower = normalizeText(domain.toLowerCase())
  const ascii = domainToASCII(lower)
  return (
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]+)$/.test(ascii) &&
    (ascii === lower || domainToUnicode(ascii) === lower)
  )
}

/** Of each address, one spelling: not even the joiners that names may have. */
export const email = text
  .transform(normalizeEmail)
  .refine((value) => !hasInvisible(value), { message: INVISIBLE_MESSAGE, abort: true })
  .refine((value) => !hasStackedMarks(value), { message: STACKED_MARKS_MESSAGE, abort: true })
  .refine(isEmail, 'must look like ada@example.com')
