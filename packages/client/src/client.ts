// The client: one method for each operation of the service.
import { CLIENT_TIMEOUT_MS } from '@postern/contract/refresh'
import type { AccountPolicy } from './account-policy.js'
import { field } from './answer.js'
import * as documents from './documents.js'
import { PosternError } from './errors.js'
import type {
  ChangePasswordInput,
  Policy as ServicePolicy,
  PublicUser,
  RegisterInput,
  RequestEmailChangeInput,
  ResetPasswordInput,
  Session as OneSession,
  UpdateProfileInput,
  User,
  UsernameAvailability,
  UsernameRecord,
  VerifyEmailInput,
} from './generated/schema.js'
import { withInternals } from './internals.js'
import { createSession } from './session.js'
import type { SessionState } from './session-state.js'
import { createTransport } from './transport.js'

/** Options of {@link createClient}. */
export interface ClientOptions {
  /** The endpoint, such as `https://auth.example.com/graphql`, or `/graphql` in a page of the same origin. */
  readonly url: string
  /** Whether the browser keeps the tokens, in cookies that no script can read. Otherwise they live in memory. */
  readonly cookies?: boolean | undefined
  /** Replaces the global fetch. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds that one request may take, by default 10,000; Infinity for no limit. */
  readonly timeout?: number | undefined
}

/** Signs in by email address or by username. */
export type Credentials = ({ readonly email: string } | { readonly username: string }) & {
  readonly password: string
  /** Of a solved captcha, if `policy` has one. Each works once. */
  readonly captchaToken?: string | undefined
  /** The `deviceToken` that your app has stored, if this client has not signed in before. */
  readonly deviceToken?: string | undefined
}

/** Options of calls that can be aborted. */
export interface CallOptions {
  /** When it is aborted, the call rejects with the signal's reason, as fetch does. */
  readonly signal?: AbortSignal | undefined
}

/** `confirmNewPassword` defaults to the new password. The service refuses one that differs. */
export type PasswordChange = Omit<ChangePasswordInput, 'confirmNewPassword'> & Partial<ChangePasswordInput>

/** The rules of a deployment. `/oauth` has its sign-in providers, `/passkeys` theirs, `/data` what concerns accounts. */
export type Policy = Omit<ServicePolicy, 'oauthProviders' | 'passkeyDomain' | keyof AccountPolicy>

/** Timers with a longer delay fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

type Unsuggested = Omit<UsernameAvailability, 'suggestions'>

/** What {@link createClient} returns. */
export type Client = ReturnType<typeof createClient>

/**
 * Creates a client of the service. Every call rejects with a PosternError.
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
export function createClient({ url, cookies = false, timeout = CLIENT_TIMEOUT_MS, fetch }: ClientOptions) {
  const timeoutMs = Math.min(timeout, LONGEST_TIMEOUT_MS)
  const closing = new AbortController()
  const send = createTransport(url, timeoutMs, closing.signal, fetch)
  const session = createSession(send, { url, cookies, timeout: timeoutMs, closed: closing.signal })

  /** Public operations are sent without tokens and cookies. */
  const call = async <T>(name: string, document: string, variables?: object, signal?: AbortSignal) =>
    field(await send({ document, variables, signal }), name) as T
  const signedCall = async <T>(name: string, document: string, variables?: object) =>
    field(await session.signedCall({ document, variables }), name) as T

  const client = {
    /**
     * Creates an account, whose address gets a mail with a code. Does not sign in. Resolves to null if the deployment hides
     * whether the address had an account: `registrationHidden` of the policy.
     */
    register: async (input: RegisterInput): Promise<PublicUser | null> =>
      (await call<{ user: PublicUser | null }>('register', documents.REGISTER, { input })).user,

    /** Verifies the address by the code that it has received. Works signed in or not. */
    verifyEmail: async (input: VerifyEmailInput): Promise<void> => {
      await call('verifyEmail', documents.VERIFY_EMAIL, { input })
    },

    /** Sends a new code to an address that is not verified. Resolves the same for every address. */
    resendVerificationCode: async (email: string): Promise<void> => {
      await call('resendVerificationCode', documents.RESEND_VERIFICATION_CODE, { email })
    },

    /** Sends a code to an address that has an account. Resolves the same for every address. */
    requestPasswordReset: async (email: string): Promise<void> => {
      await call('requestPasswordReset', documents.REQUEST_PASSWORD_RESET, { email })
    },

    /** Sets a new password by that code, and ends every session of the user. Does not sign in. */
    resetPassword: async (input: ResetPasswordInput): Promise<void> => {
      await call('resetPassword', documents.RESET_PASSWORD, { input })
    },

    /** Sends a code to a new address for the signed-in user. */
    requestEmailChange: async (input: RequestEmailChangeInput): Promise<void> => {
      await signedCall('requestEmailChange', documents.REQUEST_EMAIL_CHANGE, { input })
    },

    /** Changes the address by that code, and ends the user's other sessions. Resolves to the user with the new address. */
    confirmEmailChange: async (code: string): Promise<User> => {
      await signedCall('confirmEmailChange', documents.CONFIRM_EMAIL_CHANGE, { code })
      return session.profile()
    },

    /** Starts a session. */
    login: (input: Credentials): Promise<User> => session.begin(documents.LOGIN, input),

    /** Ends the session, in every service. Resolves if it was over already; rejects if the service can't be reached. */
    logout: (): Promise<void> => session.leave({ document: documents.LOGOUT }),

    /** Ends all sessions of the user, including this one. Resolves to how many there were. */
    logoutAll: async (): Promise<number> =>
      field(await session.end({ document: documents.LOGOUT_ALL }), 'logoutAll') as number,

    /** The signed-in user. */
    profile: session.profile,

    /** Changes the user's own data. Omitted fields are unchanged; null clears. */
    updateProfile: (input: UpdateProfileInput): Promise<User> =>
      session.userCall({ document: documents.UPDATE_PROFILE, variables: { input } }, 'updateProfile'),

    /** The user's active sessions, the most recently used first. */
    sessions: () => signedCall<OneSession[]>('sessions', documents.SESSIONS),

    /** Ends one of them. */
    revokeSession: async (id: string): Promise<void> => {
      await signedCall('revokeSession', documents.REVOKE_SESSION, { id })
    },

    /** Changes the password and ends all other sessions of the user. This one continues, with new tokens. */
    changePassword: async (input: PasswordChange): Promise<void> => {
      const variables = { input: { confirmNewPassword: input.newPassword, ...input } }
      await session.renew(documents.UPDATE_PASSWORD, variables)
    },

    /**
     * Ends the sessions, and erases the user's personal data after the `accountDeletionGrace` of the policy. `password`: null if
     * the account has none.
     */
    deleteAccount: async (password: string | null): Promise<void> => {
      await session.end({ document: documents.DELETE_ACCOUNT, variables: { password } })
    },

    /** The rules of this deployment for passwords and usernames, to show in forms. */
    policy: () => call<Policy>('policy', documents.POLICY),

    /** The user's current and former usernames, the newest first. */
    usernameHistory: () => signedCall<UsernameRecord[]>('usernameHistory', documents.USERNAME_HISTORY),

    /** Whether a username is available, signed in or not. `suggestions`: how many similar names to offer, 1 to 10. */
    checkUsername: async (
      username: string,
      { suggestions = 0, signal }: CallOptions & { readonly suggestions?: number | undefined } = {},
    ): Promise<UsernameAvailability> => {
      const document = suggestions > 0 ? documents.CHECK_USERNAME_SUGGEST : documents.CHECK_USERNAME
      const variables = suggestions > 0 ? { username, first: suggestions } : { username }
      const answer = await call<Unsuggested & Partial<UsernameAvailability>>(
        'checkUsernameAvailability',
        document,
        variables,
        signal,
      )
      return { suggestions: [], ...answer }
    },

    /** Any operation, signed in if there is a session. Resolves to its data, unchecked against the type you give. */
    request: <Data = Record<string, unknown>>(document: string, variables?: object, { signal }: CallOptions = {}) =>
      session.call({ document, variables, signal }) as Promise<Data>,

    /**
     * The access token, to send to your own API as `Authorization: Bearer`. It is refreshed first if it expires within 30
     * seconds, or within the last quarter of a shorter life; all calls share that refresh. Call it for each request.
     *
     * Rejects with UNAUTHENTICATED when signed out, and with TOKEN_IN_COOKIE when the client uses cookies.
     *
     * @example
     * ```ts
     * import { createClient } from '@postern/client'
     *
     * const client = createClient({ url: '/graphql' })
     * await client.login({ email: 'ada@example.com', password: 'correct horse' })
     * await fetch('/api/me', { headers: { authorization: `Bearer ${await client.getAccessToken()}` } })
     * ```
     */
    getAccessToken: async ({ signal }: CallOptions = {}): Promise<string> => {
      closing.signal.throwIfAborted()
      return session.accessToken(signal)
    },

    /**
     * Without cookies: identifies this device at the next login, so that failed logins elsewhere can't lock its user out.
     * The client sends it. To keep it beyond this client, store it and pass it to `login`. It does not sign in.
     */
    get deviceToken(): string | undefined {
      return session.deviceToken()
    },

    /** Who is signed in, as far as the client knows. `loading` until something calls `subscribe` or `profile`. */
    get state(): SessionState {
      return session.state.get()
    },

    /** Calls the listener with each new state, and loads the user unless known. Returns a function that unsubscribes. */
    subscribe: session.state.subscribe,

    /**
     * Calls the listener when the session is over: ended here or, with cookies, in another tab (`signed-out`), ended elsewhere
     * (`revoked`, known at once with `@postern/client/live`), or found to be over by a refresh (`expired`, `reused`). Returns a
     * function that unsubscribes.
     */
    onSignOut: session.onSignOut,

    /** Aborts all requests, disconnects from other tabs and removes all listeners. Later calls reject with CLOSED. */
    close: (): void => {
      closing.abort(new PosternError('CLOSED', { message: 'The client is closed.' }))
      session.close()
    },
  }
  return withInternals(client, { session, url, cookies, fetch, closed: closing.signal })
}
