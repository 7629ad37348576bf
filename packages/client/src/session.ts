// Keeps the tokens, or knows that the browser keeps them, and refreshes them.
import { freshToken, type Tokens, tokensOf } from './access-token.js'
import { field } from './answer.js'
import { PROFILE } from './documents.js'
import { isPage } from './environment.js'
import { hasCode, PosternError } from './errors.js'
import type { LoginResponse, RefreshTokenResponse, User } from './generated/schema.js'
import { createListeners } from './listeners.js'
import { sendRefresh } from './refresh.js'
import { createSessionState } from './session-state.js'
import { acrossTabs, isSignOut, withinTab, type TabMessage, type SignOutReason } from './tabs.js'
import { untilAborted, type Sending, type Transport } from './transport.js'

/** The session when a call was sent. */
interface Moment {
  /** Rises with each sign-in and sign-out: a call of an earlier era belongs to another session. */
  readonly era: number
  /** Rises with each refresh: a call that was refused in an earlier version may be repeated. */
  readonly version: number
}

interface SessionOptions {
  readonly url: string
  readonly cookies: boolean
  readonly timeout: number
  /** Aborted when the client is closed. */
  readonly closed: AbortSignal
}

export function createSession(send: Transport, { url, cookies, timeout, closed }: SessionOptions) {
  const tabs = cookies ? acrossTabs(url, timeout, receive) : withinTab()
  const listeners = createListeners<[reason: SignOutReason]>()
  const state = createSessionState(!cookies, profile)
  let tokens: Tokens | null = null
  /** Outlives the session. */
  let device: string | undefined
  /** Whether a user is signed in as far as this client knows; a page can't see its cookies. */
  let known = false
  let knownSince = 0
  let now: Moment = { era: 0, version: 0 }
  let refreshing: Promise<boolean> | undefined
  /** How many calls are ending or replacing the session: what others say about it then is their doing. */
  let leaving = 0

  /** A server that renders pages must not: the visitor's browser would not receive the new cookies. */
  const canRefresh = (): boolean => (cookies ? isPage() : tokens !== null)

  function begin(at: number): void {
    now = { era: now.era + 1, version: 0 }
    known = true
    knownSince = at
  }

  function renewed(): void {
    now = { ...now, version: now.version + 1 }
    known = true
  }

  /** Returns whether a session was known. */
  function over(reason: SignOutReason, isReplaced = false): boolean {
    const was = known
    now = { era: now.era + 1, version: 0 }
    tokens = null
    known = false
    if (!isReplaced) state.show({ status: 'signed-out', reason: was || reason === 'reused' ? reason : null })
    if (was) listeners.notify(reason)
    return was
  }

  /** From another tab. */
  function receive({ type, at }: TabMessage): void {
    if (type === 'refreshed') return renewed()
    // A session that ended before this sign-in was another one.
    if (isSignOut(type) && at >= knownSince && !(leaving > 0 && type === 'revoked')) over(type)
    if (type !== 'signed-in') return
    // The cookies of the session that this tab knew have been replaced, perhaps by those of another user.
    over('signed-out', true)
    begin(at)
    state.show({ status: 'loading' })
  }

  function keep(answer: RefreshTokenResponse): void {
    if (cookies) return
    device = answer.deviceToken ?? device
    tokens = tokensOf(answer)
  }

  /** The answer has new tokens of the session that is known. */
  function replaced(answer: RefreshTokenResponse): void {
    keep(answer)
    renewed()
    tabs.post('refreshed')
  }

  /** Call it alone. Also resolves when the session turns out to be over; the era has changed then. */
  async function refresh(): Promise<void> {
    const { era } = now
    try {
      const sending = { token: tokens?.refreshToken ?? '', cookies }
      const data = await sendRefresh(send, sending, () => era === now.era, closed)
      if (era !== now.era) return
      replaced(field(data, 'refreshToken') as RefreshTokenResponse)
    } catch (error) {
      if (!hasCode(error, 'UNAUTHENTICATED', 'REFRESH_TOKEN_REUSED')) throw error
      const reason = error.code === 'UNAUTHENTICATED' ? 'expired' : 'reused'
      if (era !== now.era) return
      over(reason)
      // Even when this tab was only just opened: other tabs may know of a session.
      tabs.post(reason)
    }
  }

  /** For a call that runs alone already. */
  const ownRefresh = (): Promise<boolean> => refresh().then(() => true)

  /** One refresh for all waiting calls. False: another task was running, so check again whether a refresh is needed. */
  function sharedRefresh(sent: Moment): Promise<boolean> {
    refreshing ??= tabs
      .alone(async (waited) => {
        // Another tab was refreshing, or this one has refreshed since the call was sent.
        return !waited && sent === now && ownRefresh()
      })
      .finally(() => (refreshing = undefined))
    return refreshing
  }

  /** Sends a call signed in, and once more after a refresh if its token was refused. */
  async function call(sending: Sending, renew: (sent: Moment) => Promise<boolean> = sharedRefresh) {
    let isRenewed = false
    for (let tries = 1; ; tries++) {
      const sent = now
      try {
        return await send({ ...sending, cookies, token: tokens?.token })
      } catch (error) {
        const isRefused = hasCode(error, 'UNAUTHENTICATED') && canRefresh()
        if (!isRefused || isRenewed || tries > 2) throw error
        isRenewed = sent === now && (await untilAborted(renew(sent), sending.signal))
        if (sent.era !== now.era) throw error
      }
    }
  }

  /** As `call`, for operations that need a signed-in user: success means that there is one. */
  async function signedCall(sending: Sending, renew?: (sent: Moment) => Promise<boolean>) {
    const { era } = now
    const data = await call(sending, renew)
    if (era === now.era) known = true
    return data
  }

  /** As `signedCall`, for operations that return the user. */
  async function userCall(sending: Sending, name: string): Promise<User> {
    const { era } = now
    const user = field(await signedCall(sending), name) as User
    if (era === now.era) state.signedIn(user)
    return user
  }

  function profile(): Promise<User> {
    return userCall({ document: PROFILE }, 'profile')
  }

  async function accessToken(signal: AbortSignal | undefined): Promise<string> {
    if (cookies) throw new PosternError('TOKEN_IN_COOKIE', { message: 'The access token is in a cookie.' })
    return freshToken({ held: () => tokens, era: () => now.era, refresh: () => sharedRefresh(now) }, signal)
  }

  /** Runs alone, so that no running refresh can bring the session back. */
  function leave<T>(task: () => Promise<T>): Promise<T> {
    return tabs.alone(async () => {
      leaving++
      try {
        const result = await task()
        if (over('signed-out')) tabs.post('signed-out')
        return result
      } finally {
        leaving--
      }
    })
  }

  return {
    call,
    era: () => now.era,

    /** The service says that the session of this era was ended elsewhere. */
    revoked(era: number): void {
      if (era !== now.era || leaving > 0) return
      over('revoked')
      tabs.post('revoked')
    },

    signedCall,
    userCall,
    profile,
    accessToken,
    deviceToken: () => device,
    state,
    onSignOut: listeners.add,

    /** Alone, so that the response of a running refresh can't replace the new session. */
    begin: (document: string, credentials: object) =>
      tabs.alone(async () => {
        const variables = { input: { deviceToken: device, ...credentials } }
        // With the token: the service ends the session that this client had before, which is no sign-out.
        leaving++
        try {
          const sending = { document, variables, cookies, token: tokens?.token }
          const answer = field(await send(sending), 'login') as LoginResponse
          keep(answer)
          begin(Date.now())
          state.signedIn(answer.user)
          tabs.post('signed-in')
          return answer.user
        } finally {
          leaving--
        }
      }),

    /**
     * Alone, so that no running refresh uses the tokens that this call replaces. Its document names the field
     * `updatePassword`, whatever it is.
     */
    renew: <Answer extends RefreshTokenResponse>(document: string, variables: object) =>
      tabs.alone(async () => {
        const { era } = now
        const data = await signedCall({ document, variables, isRotation: cookies }, ownRefresh)
        const answer = field(data, 'updatePassword') as Answer
        if (era === now.era) replaced(answer)
        return answer
      }),

    end: (sending: Sending) => leave(() => signedCall(sending, ownRefresh)),

    /** As `end`, for a logout: a session that is over already is fine. */
    leave: (sending: Sending) =>
      leave(async () => {
        await signedCall(sending, ownRefresh).catch((error: unknown) => {
          // Without a refresh, the session may still be alive.
          if (!hasCode(error, 'UNAUTHENTICATED') || (cookies && !isPage())) throw error
        })
      }),

    close(): void {
      tabs.close()
      listeners.clear()
      state.clear()
    },
  }
}
