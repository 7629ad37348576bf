// A user as several repositories read it: the row of `users` with the username.

export type UserRole = 'USER' | 'ADMIN'

export interface UserRecord {
  id: string
  email: string
  username: string | null
  firstName: string | null
  lastName: string | null
  phoneNumber: string | null
  streetName: string | null
  city: string | null
  state: string | null
  zipCode: string | null
  country: string | null
  role: UserRole
  emailVerifiedAt: Date | null
  marketingOptIn: boolean
  termsAcceptedAt: Date | null
  /** The version that was accepted last. */
  termsVersion: string | null
  lastLoginAt: Date | null
  /** Null while the user can sign in. */
  disabledAt: Date | null
  generation: number
  createdAt: Date
  updatedAt: Date
}

/**
 * The forms under which the account of a mailbox can be stored. Where earlier versions made an account of each, the first
 * form, which is the one that was typed, takes precedence.
 */
export type EmailForms = readonly [typed: string, other: string]

/** A user in a generation. */
export interface UserVersion {
  id: string
  generation: number
}

/** The columns of a {@link UserRecord}, from `users u` and `usernames n`. */
export const USER_COLUMNS = `u.id, u.email, n.display AS username, u.first_name AS firstName, u.last_name AS lastName,
  u.phone_number AS phoneNumber, u.street_name AS streetName, u.city, u.state, u.zip_code AS zipCode, u.country, u.role,
  u.email_verified_at AS emailVerifiedAt, u.marketing_opt_in AS marketingOptIn, u.terms_accepted_at AS termsAcceptedAt,
  u.terms_version AS termsVersion, u.last_login_at AS lastLoginAt, u.disabled_at AS disabledAt, u.generation,
  u.created_at AS createdAt, u.updated_at AS updatedAt`

export const JOIN_USERNAME = `LEFT JOIN usernames n ON n.user_id = u.id AND n.state = 'OWNED'`

/** A row as the driver returns it: BOOLEAN is a number. */
export type UserRow = Omit<UserRecord, 'marketingOptIn'> & { marketingOptIn: number }

export const toUserRecord = (row: UserRow): UserRecord => ({ ...row, marketingOptIn: row.marketingOptIn === 1 })
