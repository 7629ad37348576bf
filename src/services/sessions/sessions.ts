// Sessions: starting one, authenticating by it, keeping it after a change of password, and listing them.
import { randomBytes } from 'node:crypto'
import type { Amr, Claims } from '@postern/contract/claims'
import { ServiceError } from '@postern/service/errors'
import { v7 as uuidv7 } from 'uuid'
import { addSeconds, type Clock, unixSeconds } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import { inBatches } from '@postern/service/batches'
import { isId } from '@postern/service/ids'
import type { UserRecord, UserRepository, UserVersion } from '../../repositories/accounts/users.js'
import type { Tx } from '../../repositories/database/transactions.js'
import type { StoredRevocation } from '../../repositories/revocations/revocations.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import type { SignInRepository } from '../../repositories/sessions/sign-ins.js'
import { type AuditTrail, type Origin, SERVICE, userActor } from '../audit/index.js'
import type { AnyNewEvent, EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { ProvenKey } from '../tokens/index.js'
import { isCurrent } from './current-tokens.js'
import type { SecondFactorRule } from './second-factor-rule.js'
import type { IssuedSession, SessionTokens } from './session-tokens.js'

/** The address and program that a request comes from. */
export interface Client extends Origin {
  /** Aborts when the client disconnects before it has its response. */
  readonly signal: AbortSignal
  /**
   * The key that the client has proved to hold, with a DPoP header: the tokens that it gets are bound to it. Null without the
   * header. Throws INVALID_DPOP_PROOF, USE_DPOP_NONCE and FORBIDDEN.
   */
  readonly provenKey: () => Promise<ProvenKey | null>
}

/** The signed-in user, and the session and token that identify them. */
export interface Viewer {
  user: UserRecord
  sessionId: string
  jti: string
  /** When the token expires, in Unix seconds. */
  exp: number
  /**
   * When and how the person has proved who they are, as the token says. The session's row may know a later proof, which
   * must not help those who have stolen an earlier token.
   */
  authTime: Date
  amr: readonly Amr[]
  /** The thumbprint of the key that the session is bound to. Null: to none. */
  dpopKey: string | null
  /** The role requires a second factor, and the session was started without one: it may only set one up. */
  mustEnroll: boolean
  client: Client
}

/** When and how a person has proved who they are. */
export interface Proof {
  authTime: Date
  amr: readonly Amr[]
}

/**
 * Reads of one turn of the event loop share a statement. None joins a statement that was sent: a request that comes after
 * the response to a logout sees the logout.
 */
export const SESSION_BATCHES = { size: 64, inFlight: 4 }

/** Further than repeated proofs can have moved it, the clock was wrong. */
const MOST_AHEAD_SECONDS = 10

/** Tokens say it in whole seconds. Within one, those of two proofs could not be told apart. */
function proofAfter(previous: Date, now: Date): Date {
  const ahead = unixSeconds(previous) - unixSeconds(now)
  return ahead >= 0 && ahead < MOST_AHEAD_SECONDS ? addSeconds(new Date(unixSeconds(previous) * 1000), 1) : now
}

async function requireProof(client: Client): Promise<ProvenKey> {
  const key = await client.provenKey()
  if (key === null)
    throw new ServiceError('INVALID_DPOP_PROOF', { message: 'Send a proof in the DPoP header with this token.' })
  return key
}

interface Dependencies {
  transaction: MysqlTransaction
  repositories: { users: UserRepository; sessions: SessionRepository; signIns: SignInRepository }
  tokens: SessionTokens
  lacksFactor: SecondFactorRule
  revocations: RevocationService
  audit: AuditTrail
  events: EventTrail
  /** Lifetimes in seconds, and how many sessions a user may have. */
  limits: { idleTtl: number; absoluteTtl: number; perUser: number }
  clock: Clock
}

export type SessionService = ReturnType<typeof createSessionService>

export function createSessionService(dependencies: Dependencies) {
  const { transaction, repositories, tokens, lacksFactor, revocations, audit, events, limits, clock } = dependencies
  const { idleTtl, absoluteTtl, perUser } = limits
  const { users, sessions, signIns } = repositories

  const findActiveUser = inBatches((ids) => sessions.findActiveUsers(ids, clock()), SESSION_BATCHES)

  /**
   * Ends the oldest sessions that exceed the limit. If the process dies first, the extra session is one whose tokens were
   * never sent, and the next sign-in ends it.
   */
  async function enforceLimit(userId: string, now: Date): Promise<void> {
    const ended = await transaction(async (tx) => {
      // Two sign-ins at once wait for each other, so that no session is ended twice.
      await users.lock(tx, { id: userId })
      const recorded: StoredRevocation[] = []
      const reason = 'too_many_sessions'
      const oldest = await sessions.endOldest(tx, userId, perUser, now)
      const revoked = oldest.map(({ id }): AnyNewEvent => ({
        type: 'session.revoked',
        data: { sessionId: id, except: null, reason },
      }))
      await events.record(tx, userId, ...revoked)
      for (const { id: sid, lastJti: jti } of oldest) {
        recorded.push(await revocations.record(tx, { scope: 'session', sid, jti, sub: userId, reason }))
        const facts = { session: sid, reason }
        await audit.record(tx, { action: 'REVOKE_SESSION', actor: SERVICE, accountId: userId, facts })
      }
      return recorded
    })
    await Promise.all(ended.map((revocation) => revocations.deliver(revocation)))
  }

  return {
    /**
     * Starts a session for a user who has proved in `generation` who they are, as `amr` says: now, or at `authTime`. Throws
     * UNAUTHENTICATED if that generation has ended: the verified password may be the old one. `use` uses up what was proved
     * with, in the same transaction, and throws if another sign-in has. The session is bound to the key that the client has
     * proved to hold.
     */
    async start(
      user: UserVersion,
      client: Client,
      proof: Partial<Proof> & Pick<Proof, 'amr'> & { newDevice: boolean; use?: (tx: Statements) => Promise<void> },
    ): Promise<IssuedSession & { user: UserRecord }> {
      const now = clock()
      const { amr, authTime = now, newDevice, use } = proof
      const [id, jti, seed] = [uuidv7(), uuidv7(), randomBytes(32)]
      const refreshExpiresAt = addSeconds(now, Math.min(idleTtl, absoluteTtl))
      const { ipAddress, userAgent } = client
      const key = await client.provenKey()
      await key?.use()
      const dpopKey = key?.thumbprint ?? null
      const session = {
        ...{ id, refreshSeed: seed, lastJti: jti, now, authTime, amr, ipAddress, userAgent, dpopKey },
        expiresAt: refreshExpiresAt,
        absoluteExpiresAt: addSeconds(now, absoluteTtl),
      }
      const entry = { action: 'LOGIN', actor: userActor({ user, client }), accountId: user.id } as const
      const loggedIn = events.prepare({ type: 'user.logged_in', data: { sessionId: id, newDevice } })
      const signIn = await signIns.insert(user, session, {
        events: loggedIn.count,
        async record(tx) {
          await loggedIn.record(tx, user.id)
          await use?.(tx)
          await audit.record(tx, { ...entry, facts: { session: id, amr: amr.join(' ') } })
        },
      })
      if (!signIn) throw new ServiceError('UNAUTHENTICATED')
      if (signIn.sessionCount > perUser) await enforceLimit(user.id, now)
      const first = { id, counter: 0, seed, jti, refreshExpiresAt }
      const issued = tokens.issue({ ...first, authTime, amr, dpopKey }, signIn.user)
      return { ...issued, user: signIn.user }
    },

    /**
     * Finds the user of an access token by its active session in MySQL, without Redis. Throws UNAUTHENTICATED, also for a token
     * from before the last proof, and SERVICE_UNAVAILABLE if MySQL is unavailable. `scheme`: of the Authorization header. A token
     * that is bound to a key needs DPoP and a proof of that key, which needs Redis. A bearer token is refused with DPoP.
     */
    async authenticate(token: string, client: Client, scheme: 'Bearer' | 'DPoP' = 'Bearer'): Promise<Viewer> {
      const key = scheme === 'DPoP' ? await requireProof(client) : null
      const dpopKey = key?.thumbprint ?? null
      const claims = tokens.access.verify(token, dpopKey ?? undefined)
      await key?.use()
      const { sid, jti, exp, auth_time: authTime = 0, amr: said } = claims
      const active = isId(sid) ? await findActiveUser(sid) : undefined
      if (!active || !isCurrent(claims, active)) throw new ServiceError('UNAUTHENTICATED')
      const { user } = active
      // Only this deployment signs tokens. Those of earlier versions say nothing, so they prove nothing recent.
      const amr = (said ?? ['pwd']) as readonly Amr[]
      const mustEnroll = lacksFactor(user.role, amr)
      return { user, sessionId: sid, jti, exp, authTime: new Date(authTime * 1000), amr, dpopKey, mustEnroll, client }
    },

    /**
     * The claims of an access token whose session is active in MySQL, whatever key it is bound to. Throws UNAUTHENTICATED and
     * SERVICE_UNAVAILABLE, like {@link authenticate}.
     */
    async claimsOf(token: string): Promise<Claims> {
      const claims = tokens.access.verify(token, 'any')
      const active = isId(claims.sid) ? await findActiveUser(claims.sid) : undefined
      if (!active || !isCurrent(claims, active)) throw new ServiceError('UNAUTHENTICATED')
      return claims
    },

    /**
     * Keeps the viewer's session active in the generation that the caller's transaction has raised, and issues new tokens.
     * A new seed makes all earlier refresh tokens unknown, rather than reused: a late one is refused and ends nothing.
     * `proof`: by default the one that the viewer's token has. Throws UNAUTHENTICATED if the session has ended or the user
     * was disabled.
     */
    async keep(tx: Tx, viewer: Viewer, { authTime, amr }: Proof = viewer): Promise<IssuedSession> {
      const { user, sessionId: id, dpopKey } = viewer
      const generation = user.generation + 1
      const [jti, seed] = [uuidv7(), randomBytes(32)]
      const change = { id, userId: user.id, generation, lastJti: jti, refreshSeed: seed, authTime, amr, now: clock() }
      const kept = await sessions.renew(tx, change)
      if (!kept) throw new ServiceError('UNAUTHENTICATED')
      const { counter, expiresAt: refreshExpiresAt } = kept
      return tokens.issue({ id, jti, seed, counter, refreshExpiresAt, authTime, amr, dpopKey }, { ...user, generation })
    },

    /**
     * Records that the viewer has just proved their identity, and issues new tokens. Earlier ones end: like `keep`, it makes
     * refresh tokens unknown, and `authenticate` refuses the access tokens. The caller delivers the revocation of the viewer's
     * own one after the commit. Throws UNAUTHENTICATED if the session has ended.
     */
    async renewProof(
      tx: Statements,
      viewer: Viewer,
      amr: readonly Amr[],
    ): Promise<{ session: IssuedSession; revocation: StoredRevocation }> {
      const { user, sessionId: id, dpopKey } = viewer
      const [jti, seed, authTime] = [uuidv7(), randomBytes(32), proofAfter(viewer.authTime, clock())]
      const change = { id, user, lastJti: jti, refreshSeed: seed, authTime, amr, now: clock() }
      const renewed = await sessions.renewProof(tx, change)
      if (!renewed) throw new ServiceError('UNAUTHENTICATED')
      const { counter, expiresAt: refreshExpiresAt } = renewed
      const session = { id, jti, seed, counter, refreshExpiresAt, authTime, amr, dpopKey }
      const revoked = { scope: 'token', jti: viewer.jti, sub: user.id, reason: 'reauthenticated' } as const
      return { session: tokens.issue(session, user), revocation: await revocations.record(tx, revoked) }
    },

    /** The active sessions of a user, the most recently used first. `sessionId`: the current one, perhaps of someone else. */
    async list({ user, sessionId }: Pick<Viewer, 'user' | 'sessionId'>) {
      const active = await sessions.listActive(user.id, clock())
      return active.map((session) => ({ ...session, current: session.id === sessionId }))
    },
  }
}
