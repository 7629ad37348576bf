// Which sessions may do nothing but set up a second factor.
import { acrOf, type Amr } from '@postern/contract/claims'
import type { UserRole } from '../../repositories/accounts/users.js'

/** True if the role requires a second factor, and the session was started without one. */
export type SecondFactorRule = (role: UserRole, amr: readonly Amr[]) => boolean

/** `required`: the roles that require one. */
export const createSecondFactorRule =
  (required: readonly UserRole[]): SecondFactorRule =>
  (role, amr) =>
    required.includes(role) && acrOf(amr) === 'aal1'
