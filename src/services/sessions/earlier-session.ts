// Ends the session that a browser or a client had before a new sign-in, which replaces it (ASVS 7.2.4).
import type { Clock } from '../../platform/clock.js'
import { AuthError } from '../../platform/errors.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import { userActor } from '../audit/index.js'
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

export function createEarlierSessions({
  sessions,
  tokens,
  endings,
  clock,
}: {
  sessions: Pick<SessionRepository, 'findRefreshable'>
  tokens: SessionTokens
  endings: Pick<SessionEndings, 'end'>
  clock: Clock
}) {
  async function ofRefreshToken(text: string): Promise<OwnedSession | null> {
    const token = tokens.refresh.parse(text)
    if (!token) return null
    const session = (await sessions.findRefreshable([token.sessionId], clock())).get(token.sessionId)
    if (!session || !tokens.refresh.isGenuine(token, session.refreshSeed)) return null
    return { id: session.id, userId: session.user.id }
  }

  function ofAccessToken(text: string, dpopKey: string | null): OwnedSession | null {
    try {
      const { sid: id, sub: userId } = tokens.access.verify(text, dpopKey ?? undefined)
      return { id, userId }
    } catch (error) {
      if (error instanceof AuthError && error.code === 'UNAUTHENTICATED') return null
      throw error
    }
  }

  /** Null without a genuine token. The session may have ended. */
  async function find({ accessToken, refreshToken, dpopKey }: PresentedTokens): Promise<OwnedSession | null> {
    const found = accessToken === null ? null : ofAccessToken(accessToken, dpopKey)
    return found ?? (refreshToken === null ? null : ofRefreshToken(refreshToken))
  }

  async function end(session: OwnedSession, client: Client): Promise<void> {
    const actor = userActor({ user: { id: session.userId }, client })
    await endings.end(session, 'signed_in_again', { action: 'LOGOUT', actor })
  }

  return {
    find,
    end,

    /** Call it when the new session has started: a refused sign-in ends nothing. */
    async replace(presented: PresentedTokens, client: Client): Promise<void> {
      const session = await find(presented)
      if (session) await end(session, client)
    },
  }
}
