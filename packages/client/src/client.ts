import { field } from './answer.js'
import * as documents from './documents.js'
import type {
  ChangePasswordInput,
  Policy,
  PublicUser,
  RegisterInput,
  Session as OneSession,
  UpdateProfileInput,
  User,
  UsernameAvailability,
  UsernameRecord,
} from './generated/schema.js'
import { createSession } from './session.js'
import type { SignOutReason } from './tabs.js'
import { createTransport } from './transport.js'

/** What {@link createClient} takes. */
export interface ClientOptions {
  /** The endpoint, such as `https://auth.example.com/graphql`, or `/graphql` in a page of the same origin. */
  readonly url: string
  /** Whether the browser keeps the tokens, in cookies that no script reads. Without, they live in memory. */
  readonly cookies?: boolean | undefined
  /** In place of the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds that one request may take; 10,000 unless told, Infinity for no end. */
  readonly timeout?: number | undefined
}

/** Who signs in: by e-mail address or by username. */
export type Credentials =
  { readonly email: string; readonly password: string } | { readonly username: string; readonly password: string }

/** What goes with a call that may be aborted. */
export interface CallOptions {
  /** Aborted, the call rejects with the signal's reason, as fetch does. */
  readonly signal?: AbortSignal | undefined
}

/** A wrong repetition is refused; left out, it is the new password. */
export type PasswordChange = Omit<ChangePasswordInput, 'confirmNewPassword'> & Partial<ChangePasswordInput>

/** Milliseconds: a timer that is set to more goes off at once. */
const LONGEST = 2 ** 31 - 1

type Unsuggested = Omit<UsernameAvailability, 'suggestions'>

/** What {@link createClient} gives. */
export type Client = ReturnType<typeof createClient>

/**
 * The service, as a page or a program sees it. Every call rejects with a PosternError.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 *
 * const client = createClient({ url: 'https://auth.example.com/graphql', cookies: true })
 * const user = await client.login({ email: 'ada@example.com', password: 'correct horse' })
 * console.log(user.username)
 * ```
 */
export function createClient({ url, cookies = false, timeout = 10_000, fetch }: ClientOptions) {
  const patience = Math.min(timeout, LONGEST)
  const send = createTransport(url, patience, fetch ?? ((...request) => globalThis.fetch(...request)))
  const session = createSession(send, { url, cookies, timeout: patience })

  /** What anybody may ask goes without tokens and cookies. */
  const ask = async <T>(name: string, document: string, variables?: object, signal?: AbortSignal) =>
    field(await send({ document, variables, signal }), name) as T
  const askSigned = async <T>(name: string, document: string, variables?: object) =>
    field(await session.signedCall({ document, variables }), name) as T

  return {
    /** Makes an account. Does not sign in. */
    register: async (input: RegisterInput): Promise<PublicUser> =>
      (await ask<{ user: PublicUser }>('register', documents.REGISTER, { input })).user,

    /** Starts a session. */
    login: async (input: Credentials): Promise<User> => {
      const tokensOf = (data: Record<string, unknown>) =>
        field(data, 'login') as { token: string; refreshToken: string }
      const data = await session.begin({ document: documents.LOGIN, variables: { input } }, tokensOf)
      return (data['login'] as { user: User }).user
    },

    /** Ends the session, everywhere. Resolves also when it was over already; rejects when nobody could be told. */
    logout: (): Promise<void> => session.leave({ document: documents.LOGOUT }),

    /** Ends all sessions of the user, this one included, and says how many there were. */
    logoutAll: async (): Promise<number> =>
      field(await session.end({ document: documents.LOGOUT_ALL }), 'logoutAll') as number,

    /** The signed-in user. */
    profile: () => askSigned<User>('profile', documents.PROFILE),

    /** Changes the user's own data: what is left out stays, null clears. */
    updateProfile: (input: UpdateProfileInput) => askSigned<User>('updateProfile', documents.UPDATE_PROFILE, { input }),

    /** The user's living sessions, the one used last first. */
    sessions: () => askSigned<OneSession[]>('sessions', documents.SESSIONS),

    /** Ends one of them. */
    revokeSession: async (id: string): Promise<void> => {
      await askSigned('revokeSession', documents.REVOKE_SESSION, { id })
    },

    /** Changes the password and ends every session of the user, this one included. */
    changePassword: async (input: PasswordChange): Promise<void> => {
      const variables = { input: { confirmNewPassword: input.newPassword, ...input } }
      await session.end({ document: documents.CHANGE_PASSWORD, variables })
    },

    /** Erases the user's personal data and ends the sessions. */
    deleteAccount: async (password: string): Promise<void> => {
      await session.end({ document: documents.DELETE_ACCOUNT, variables: { password } })
    },

    /** What the deployment asks of passwords and usernames, for forms to show. */
    policy: () => ask<Policy>('policy', documents.POLICY),

    /** The names that the user has and had, the newest first. */
    usernameHistory: () => askSigned<UsernameRecord[]>('usernameHistory', documents.USERNAME_HISTORY),

    /** Whether a name is free, for anybody to ask. With `suggestions`, up to so many free names near it, 1 to 10. */
    checkUsername: async (
      username: string,
      { suggestions = 0, signal }: CallOptions & { readonly suggestions?: number | undefined } = {},
    ): Promise<UsernameAvailability> => {
      const document = suggestions > 0 ? documents.CHECK_USERNAME_SUGGEST : documents.CHECK_USERNAME
      const variables = suggestions > 0 ? { username, first: suggestions } : { username }
      const answer = await ask<Unsuggested & Partial<UsernameAvailability>>(
        'checkUsernameAvailability',
        document,
        variables,
        signal,
      )
      return { suggestions: [], ...answer }
    },

    /** Any operation, signed in if somebody is. Gives its data as it came, and trusts you for its type. */
    request: <Data = Record<string, unknown>>(document: string, variables?: object, { signal }: CallOptions = {}) =>
      session.call({ document, variables, signal }) as Promise<Data>,

    /**
     * Tells when the session is over: ended here or, with cookies, in another tab (`signed-out`), or found to be over when it
     * was to be refreshed (`expired`, `reused`). Gives back how to stop that.
     */
    onSignOut: (listener: (reason: SignOutReason) => void): (() => void) => session.onSignOut(listener),
  }
}
