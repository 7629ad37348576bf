// How an email address is stored and how it is compared.
import { domainToASCII, domainToUnicode } from 'node:url'
import { normalizeText, trimText } from '@postern/contract/text'

/** The stored form, to which mail is sent: trimmed, in normalization form C. */
export const normalizeEmail = (email: string): string => normalizeText(trimText(email))

/** The stored form in lower case. The domain keeps its form: `a@bücher.de` and `a@xn--bcher-kva.de` stay different. */
export const foldEmail = (email: string): string => normalizeText(normalizeEmail(email).toLowerCase())

/** The one form of a mailbox: folded, with the domain in ASCII. Addresses of the same mailbox have the same one. */
export const canonicalEmail = (email: string): string => withDomain(foldEmail(email), domainToASCII)

/** The canonical form if the domain is international, otherwise null. */
export function internationalEmail(email: string): string | null {
  const canonical = canonicalEmail(email)
  return /[@.]xn--[^@]*$/.test(canonical) ? canonical : null
}

/**
 * The two folded forms of a mailbox: first the one of `email`, then the one with the domain written the other way, in
 * Unicode or in ASCII. For a domain that is not international both are the same.
 */
export function foldedForms(email: string): [typed: string, other: string] {
  const typed = foldEmail(email)
  const canonical = withDomain(typed, domainToASCII)
  return [typed, typed === canonical ? withDomain(typed, domainToUnicode) : canonical]
}

/** Only these are converted: Node.js reads more into other text, such as escapes and paths. */
const DOMAIN = /^[\p{L}\p{M}\p{N}.-]{1,255}$/u

/** Converts the domain. Leaves text alone that is no address: a login looks up whatever was typed. */
function withDomain(folded: string, convert: (domain: string) => string): string {
  const at = folded.lastIndexOf('@')
  const domain = folded.slice(at + 1)
  const converted = at >= 0 && DOMAIN.test(domain) ? convert(domain) : ''
  return converted === '' ? folded : `${folded.slice(0, at)}@${converted}`
}
