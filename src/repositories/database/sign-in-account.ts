// What a sign-in needs to know of an account, as several repositories read it.
import type { UserRole } from './user-record.js'

/** However its person has proved who they are. */
export interface SignInAccount {
  id: string
  generation: number
  role: UserRole
  disabled: boolean
  /** Whether they have signed in before. */
  hasLoggedIn: boolean
  email: string
  emailVerified: boolean
  /** Whether it has a second factor that is in use. */
  hasSecondFactor: boolean
}

/** The columns of a {@link SignInAccount}, from `users u` and the TOTP `f`. */
export const SIGN_IN_COLUMNS = `u.id, u.generation, u.role, u.disabled_at IS NOT NULL AS disabled,
  u.last_login_at IS NOT NULL AS hasLoggedIn, u.email, u.email_verified_at IS NOT NULL AS emailVerified,
  f.id IS NOT NULL AS hasSecondFactor`

export const JOIN_TOTP = "LEFT JOIN credentials f ON f.kind = 'TOTP' AND f.identifier = u.id"

/** A row as the driver returns it: BOOLEAN is a number. */
export const toSignInAccount = <Row extends SignInAccount>(row: Row): Row => ({
  ...row,
  disabled: Boolean(row.disabled),
  hasLoggedIn: Boolean(row.hasLoggedIn),
  emailVerified: Boolean(row.emailVerified),
  hasSecondFactor: Boolean(row.hasSecondFactor),
})

export interface StoredTotp {
  id: string
  /** Encrypted. */
  secret: string
  /** The beginning of the time step whose code was used last. */
  usedStep: Date
}
