import commonPasswords from 'fxa-common-password-list'
import { AuthError } from '../../platform/errors.js'

/**
 * Throws WEAK_PASSWORD for a password that stands on the list of common ones or is the account's own e-mail address or
 * username (ASVS 6.2.4, 6.2.11). Length is checked with the rest of the input; there are no rules of composition.
 */
export function refuseWeakPassword(password: string, own: readonly (string | null)[]): void {
  const folded = password.normalize('NFC').toLowerCase()
  const names = own.flatMap((name) => (name === null ? [] : [name.toLowerCase(), name.toLowerCase().split('@')[0]]))
  if (commonPasswords.test(folded) || names.includes(folded)) throw new AuthError('WEAK_PASSWORD')
}
