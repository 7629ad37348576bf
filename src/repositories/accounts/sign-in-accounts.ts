// Reads what a sign-in needs to know of an account.
import type { Read } from '@postern/service/database/reads'
import { JOIN_TOTP, SIGN_IN_COLUMNS, type SignInAccount, toSignInAccount } from '../database/sign-in-account.js'
import type { EmailForms } from '../database/user-record.js'

/** What a login with a password needs. */
interface LoginRecord extends SignInAccount {
  passwordHash: string
}

/** Part of the repository of users. */
export function createSignInAccounts(read: Read) {
  const selectLogin = `SELECT ${SIGN_IN_COLUMNS}, c.secret AS passwordHash
    FROM users u JOIN credentials c ON c.kind = 'PASSWORD' AND c.identifier = u.id ${JOIN_TOTP}`

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
      const [row] = await read<SignInAccount>(`SELECT ${SIGN_IN_COLUMNS} FROM users u ${JOIN_TOTP} WHERE u.id = ?`, [
        userId,
      ])
      return row ? toSignInAccount(row) : null
    },

    /** Whether the account has a second factor that is in use. */
    async hasSecondFactor(userId: string): Promise<boolean> {
      return (await read("SELECT 1 FROM credentials WHERE kind = 'TOTP' AND identifier = ?", [userId])).length > 0
    },

    async findPassword(userId: string): Promise<LoginRecord | null> {
      const [row] = await read<LoginRecord>(`${selectLogin} WHERE u.id = ?`, [userId])
      return row ? toSignInAccount(row) : null
    },
  }
}
