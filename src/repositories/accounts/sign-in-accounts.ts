// Reads what a sign-in needs to know of an account.
import type { Read } from '../database/reads.js'
import type { EmailForms, UserRole } from '../database/user-record.js'

/** What a sign-in needs to know of an account, however its person has proved who they are. */
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

/** What a login with a password needs. */
interface LoginRecord extends SignInAccount {
  passwordHash: string
}

/** A row as the driver returns it: BOOLEAN is a number. */
const toSignInAccount = <Row extends SignInAccount>(row: Row): Row => ({
  ...row,
  disabled: Boolean(row.disabled),
  hasLoggedIn: Boolean(row.hasLoggedIn),
  emailVerified: Boolean(row.emailVerified),
  hasSecondFactor: Boolean(row.hasSecondFactor),
})

/** Part of the repository of users. */
export function createSignInAccounts(read: Read) {
  const signInColumns = `u.id, u.generation, u.role, u.disabled_at IS NOT NULL AS disabled,
      u.last_login_at IS NOT NULL AS hasLoggedIn, u.email, u.email_verified_at IS NOT NULL AS emailVerified,
      f.id IS NOT NULL AS hasSecondFactor`
  const joinFactor = "LEFT JOIN credentials f ON f.kind = 'TOTP' AND f.identifier = u.id"
  const selectLogin = `SELECT ${signInColumns}, c.secret AS passwordHash
    FROM users u JOIN credentials c ON c.kind = 'PASSWORD' AND c.identifier = u.id ${joinFactor}`

  return {
    /** One statement, whether the user exists or not, so that its time reveals nothing. */
    async findForLogin(by: { email: EmailForms } | { canonical: string }): Promise<LoginRecord | null> {
      const [row] =
        'email' in by
          ? await read<LoginRecord>(
              `${selectLogin} WHERE u.email_key IN (?, ?) ORDER BY u.email_key = ? DESC LIMIT 1`,
              [...by.email, by.email[0]],
            )
          : await read<LoginRecord>(
              `${selectLogin} JOIN usernames n ON n.user_id = u.id WHERE n.username_key = ? AND n.state = 'OWNED'`,
              [by.canonical],
            )
      return row ? toSignInAccount(row) : null
    },

    /** For every other way to sign in than by password. */
    async findForSignIn(userId: string): Promise<SignInAccount | null> {
      const [row] = await read<SignInAccount>(`SELECT ${signInColumns} FROM users u ${joinFactor} WHERE u.id = ?`, [
        userId,
      ])
      return row ? toSignInAccount(row) : null
    },

    /** Whether the account has a second factor that is in use. */
    async hasSecondFactor(userId: string): Promise<boolean> {
      return (await read("SELECT 1 FROM credentials WHERE kind = 'TOTP' AND identifier = ?", [userId])).length > 0
    },

    /** Whether the account has a password, a passkey or a second factor: a way to prove here who its user is. */
    async hasCredential(userId: string): Promise<boolean> {
      return (await read('SELECT 1 FROM credentials WHERE user_id = ? LIMIT 1', [userId])).length > 0
    },

    async findPassword(userId: string): Promise<LoginRecord | null> {
      const [row] = await read<LoginRecord>(`${selectLogin} WHERE u.id = ?`, [userId])
      return row ? toSignInAccount(row) : null
    },
  }
}
