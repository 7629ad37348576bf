// The policy for new passwords, beyond their length.
import { normalizeText } from '@postern/contract/text'
import commonPasswords from 'fxa-common-password-list'

/**
 * True for a password that is on the list of common ones, or equals one of the account's `own` names: its email address,
 * the part before the @, or its username (ASVS 6.2.4, 6.2.11). The input's rules check the length; there are no rules of
 * composition.
 */
export function isWeakPassword(password: string, own: readonly (string | null | undefined)[]): boolean {
  const folded = normalizeText(password).toLowerCase()
  const names = own.flatMap((name) => (name == null ? [] : [name.toLowerCase(), name.toLowerCase().split('@')[0]]))
  return commonPasswords.test(folded) || names.includes(folded)
}
