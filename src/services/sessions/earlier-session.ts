// Ends the session that a browser or a client had before a new sign-in, which replaces it (ASVS 7.2.4).
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import { isId } from '@postern/service/ids'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import { userActor } from '../audit/index.js'
import { isCurrent } from './current-tokens.js'
import type { SessionEndings } from './endings.js'
import type { SessionTokens } from './session-tokens.js'
import type { Client } from './sessions.js'

/** What a request has sent of a session, valid or not. */
export interface PresentedTokens {
  accessToken: string | null
  refreshToken: string | null
  /** The thumbprint of the key that the client has proved to hold. Null: the token is bound to none. */
  dpopKey: string | null
}

interface OwnedSession {
  id: string
  userId: string
}

export type EarlierSessions = ReturnType<typeof createEarlierSessions>

/** `onFailure` is called if the session of before could not be ended. */
export function createEarlierSessions({
  sessions,
  tokens,
  endings,
  onFailure,
  clock,
}: {
  sessions: Pick<SessionRepository, 'findActiveUsers' | 'findRefreshable'>
  tokens: SessionTokens
  endings: Pick<SessionEndings, 'end'>
  onFailure: (error: unknown) => void
  clock: Clock
}) {
  /** Only a cookie has it, and no session in cookies is bound to a key. One that was used up before is no proof. */
  async function ofRefreshToken(text: string): Promise<OwnedSession | null> {
    const token = tokens.refresh.parse(text)
    if (!token) return null
    const session = (await sessions.findRefreshable([token.sessionId], clock())).get(token.sessionId)
    if (!session || !tokens.refresh.isGenuine(token, session.refreshSeed)) return null
    if (session.dpopKey !== null || token.counter + 1 < session.counter) return null
    return { id: session.id, userId: session.user.id }
  }

  /** Only a token that would still be accepted: one that was taken before must not end the session that was kept. */
  async function ofAccessToken(text: string, dpopKey: string | null): Promise<OwnedSession | null> {
    try {
      const claims = tokens.access.verify(text, dpopKey ?? undefined)
      const { sid: id, sub: userId } = claims
      const active = isId(id) ? (await sessions.findActiveUsers([id], clock())).get(id) : undefined
      return active && isCurrent(claims, active) ? { id, userId } : null
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'UNAUTHENTICATED') return null
      throw error
    }
  }

  /** Null without a token of an active session. */
  async function find({ accessToken, refreshToken, dpopKey }: PresentedTokens): Promise<OwnedSession | null> {
    const found = accessToken === null ? null : await ofAccessToken(accessToken, dpopKey)
    return found ?? (refreshToken === null ? null : ofRefreshToken(refreshToken))
  }

  /** Never rejects: the new session has started, and what it was started with is used up. */
  async function replaceFound(session: Promise<OwnedSession | null>, client: Client): Promise<void> {
    try {
      const found = await session
      if (!found) return
      const actor = userActor({ user: { id: found.userId }, client })
      await endings.end(found, 'signed_in_again', { action: 'LOGOUT', actor })
    } catch (error) {
      onFailure(error)
    }
  }

  return {
    find,

    /** Ends a session that `find` has found, when the new one has started. */
    end: (session: OwnedSession, client: Client): Promise<void> => replaceFound(Promise.resolve(session), client),

    /** Call it when the new session has started: a refused sign-in ends nothing. */
    replace: (presented: PresentedTokens, client: Client): Promise<void> => replaceFound(find(presented), client),
  }
}
