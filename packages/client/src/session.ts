import { field } from './answer.js'
import { REFRESH } from './documents.js'
import { hasCode } from './errors.js'
import { createListeners } from './listeners.js'
import { acrossTabs, isSignOut, withinTab, type News, type SignOutReason } from './tabs.js'
import { untilAborted, type Sending, type Transport } from './transport.js'

/** What login and refreshToken give; empty strings when they travel in cookies. */
interface Tokens {
  readonly token: string
  readonly refreshToken: string
}

/** The state of affairs when a call was sent. */
interface Moment {
  /** Rises with each sign-in and sign-out: what was asked before concerns another session. */
  readonly era: number
  /** Rises with each refresh: what was refused before may be repeated. */
  readonly version: number
}

/** Keeps the tokens, or the knowledge that the browser keeps them, and renews them when a call is refused for their age. */
export function createSession(send: Transport, options: { url: string; cookies: boolean; timeout: number }) {
  const { cookies } = options
  const tabs = cookies ? acrossTabs(options.url, options.timeout, hear) : withinTab()
  const listeners = createListeners<[reason: SignOutReason]>()
  let tokens: Tokens | null = null
  /** Whether somebody is signed in as far as is known; a page cannot see its cookies. */
  let known = false
  let knownSince = 0
  let now: Moment = { era: 0, version: 0 }
  let refreshing: Promise<boolean> | undefined

  function begin(at: number): void {
    now = { era: now.era + 1, version: 0 }
    known = true
    knownSince = at
  }

  function renewed(): void {
    now = { ...now, version: now.version + 1 }
    known = true
  }

  /** Gives whether there was anything to end. */
  function over(reason: SignOutReason): boolean {
    const was = known
    now = { era: now.era + 1, version: 0 }
    tokens = null
    known = false
    if (was) listeners.tell(reason)
    return was
  }

  /** From another tab. */
  function hear({ type, at }: News): void {
    if (type === 'refreshed') return renewed()
    // What ended before this sign-in began was another session.
    if (isSignOut(type) && at >= knownSince) over(type)
    if (type !== 'signed-in') return
    // The cookies of the session that this tab knew of have been replaced, maybe by another user's.
    over('signed-out')
    begin(at)
  }

  function keep(answer: Tokens): void {
    const { token, refreshToken } = answer
    if (!cookies) tokens = { token: field({ token }, 'token'), refreshToken: field({ refreshToken }, 'refreshToken') }
  }

  /** To be called alone. Resolves also when the session turned out to be over, in another era then. */
  async function refresh(): Promise<void> {
    const { era } = now
    try {
      const data = await send({ document: REFRESH, variables: { token: tokens?.refreshToken ?? '' }, cookies })
      if (era !== now.era) return
      keep(field(data, 'refreshToken') as Tokens)
      renewed()
      tabs.tell('refreshed')
    } catch (error) {
      if (!hasCode(error, 'UNAUTHENTICATED', 'REFRESH_TOKEN_REUSED')) throw error
      const reason = error.code === 'UNAUTHENTICATED' ? 'expired' : 'reused'
      if (era !== now.era) return
      over(reason)
      // Also when this tab has only just been opened: others may know of a session.
      tabs.tell(reason)
    }
  }

  /** For a call that is alone already. */
  async function ownRefresh(): Promise<boolean> {
    await refresh()
    return true
  }

  /** One refresh for all that wait. False: somebody else was at it, so that the call deserves another look first. */
  function sharedRefresh(sent: Moment): Promise<boolean> {
    refreshing ??= tabs
      .alone(async (waited) => {
        // Another tab was at it, or this one has done it since the call was sent.
        return !waited && sent === now && ownRefresh()
      })
      .finally(() => (refreshing = undefined))
    return refreshing
  }

  /** Sends a call signed in, and once more after a refresh when its token was refused. */
  async function call(sending: Sending, renew: (sent: Moment) => Promise<boolean> = sharedRefresh) {
    let isRenewed = false
    for (let tries = 1; ; tries++) {
      const sent = now
      const isSigned = cookies || tokens !== null
      try {
        return await send({ ...sending, cookies, token: tokens?.token })
      } catch (error) {
        const isRefused = hasCode(error, 'UNAUTHENTICATED') && isSigned
        if (!isRefused || isRenewed || tries > 2) throw error
        isRenewed = sent === now && (await untilAborted(renew(sent), sending.signal))
        if (sent.era !== now.era) throw error
      }
    }
  }

  /** As call, for what only a signed-in person gets: its success says that there is one. */
  async function signedCall(sending: Sending, renew?: (sent: Moment) => Promise<boolean>) {
    const { era } = now
    const data = await call(sending, renew)
    if (era === now.era) known = true
    return data
  }

  function ended(): void {
    if (over('signed-out')) tabs.tell('signed-out')
  }

  return {
    call,
    signedCall,
    onSignOut: listeners.add,

    /** Alone, so that the answer of a refresh under way cannot take the new session's place. */
    begin: (sending: Sending, tokensOf: (data: Record<string, unknown>) => Tokens) =>
      tabs.alone(async () => {
        const data = await send({ ...sending, cookies })
        keep(tokensOf(data))
        begin(Date.now())
        tabs.tell('signed-in')
        return data
      }),

    /** Alone, so that no refresh is under way that would bring the session back. */
    end: (sending: Sending) =>
      tabs.alone(async () => {
        const data = await signedCall(sending, ownRefresh)
        ended()
        return data
      }),

    /** The same for a logout, to which a session that is over already is as good. */
    leave: (sending: Sending) =>
      tabs.alone(async () => {
        await signedCall(sending, ownRefresh).catch((error: unknown) => {
          if (!hasCode(error, 'UNAUTHENTICATED')) throw error
        })
        ended()
      }),
  }
}
