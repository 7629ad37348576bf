// Decides whether a new password is refused because it is in a list of breached ones.
import { createHash } from 'node:crypto'
import { normalizeText } from '@postern/contract/text'
import type { Guard } from '@postern/service/breakers'
import { ServiceError } from '@postern/service/errors'
import type { BreachedHashes } from '../../repositories/passwords/breached-range.js'
import { isWeakPassword } from './policy.js'

/** `failed`: the list could not be read, and the password was accepted without it. */
export const BREACH_RESULTS = ['unknown', 'breached', 'failed'] as const

export interface BreachedPasswords {
  hashes: BreachedHashes
  guard: Guard
  onChecked: (result: (typeof BREACH_RESULTS)[number]) => void
}

export type NewPasswordRule = ReturnType<typeof createNewPasswordRule>

/** Without a list, only the password policy counts. `words`: of the deployment. */
export function createNewPasswordRule(breached: BreachedPasswords | null, words: readonly string[] = []) {
  /** An outage of the list must not stop people from changing a password: then it is accepted, and counted. */
  async function isBreached(password: string): Promise<boolean> {
    if (!breached) return false
    const { hashes, guard, onChecked } = breached
    const sha1 = createHash('sha1').update(normalizeText(password), 'utf8').digest('hex').toUpperCase()
    try {
      const found = (await guard(() => hashes.count(sha1))) > 0
      onChecked(found ? 'breached' : 'unknown')
      return found
    } catch {
      onChecked('failed')
      return false
    }
  }

  /** Why a new password of the right length is refused; null if it is not. `own`: names of its user. */
  return async (password: string, own: readonly (string | null | undefined)[]): Promise<ServiceError | null> => {
    if (isWeakPassword(password, own, words)) return new ServiceError('WEAK_PASSWORD')
    return (await isBreached(password)) ? new ServiceError('BREACHED_PASSWORD') : null
  }
}
