import type { Claims } from './claims.js'
import { SessionError } from './errors.js'
import { deriveRevocationKey } from './protocol.js'
import { counted, type Outcomes } from './outcomes.js'
import { connectToLog, type DuplicableRedis } from './redis-log.js'
import { createRemoteKeys } from './remote-keys.js'
import { followRevocations, type LogCounters } from './revocation-log.js'
import { RevocationTable } from './revocation-table.js'
import { withTimeout } from './timeout.js'
import { createTokenVerifier, type TokenVerifierOptions } from './verifier.js'

/**
 * What to do while no checkpoint arrives: `'deny'` refuses (503) as soon as the connection is gone or checkpoints are
 * 5 s late; `{ allowForSeconds }` (5 to 86,400) goes on that long with what is known; `'allow'` goes on for ever.
 */
export type DisconnectedPolicy = 'deny' | 'allow' | { readonly allowForSeconds: number }

/** Options of {@link createSessionValidator}. */
export interface SessionValidatorOptions extends Omit<TokenVerifierOptions, 'revocations' | 'keySource' | 'now'> {
  /** ES256: where the service publishes its keys, `https://…/.well-known/jwks.json`. */
  readonly jwksUrl?: string
  /** A URL, or an ioredis client or cluster (5 or 6), which is duplicated and otherwise left alone. */
  readonly redis: string | DuplicableRedis
  /** What happens while the log cannot be followed. Default `{ allowForSeconds: 30 }`. */
  readonly whenDisconnected?: DisconnectedPolicy
  /**
   * Who may sign the log: the service's REVOCATION_KEY (text as UTF-8). By default derived from `secret`. With neither,
   * signatures are not checked: then Redis itself must let nobody but the service write (see the README).
   */
  readonly revocationKey?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** How many revocations may be held, at up to 60 bytes each. One more and all is refused with 503. Default 2,000,000. */
  readonly maxRevocations?: number
  /** How long {@link createSessionValidator} waits to become ready, in seconds. 0: not at all. Default 10. */
  readonly waitForReady?: number
  /** Told of each failure of Redis or of the JWKS URL. They heal by themselves; this is for the log. */
  readonly onError?: (error: Error) => void
}

/** How a validator is doing. */
export interface SessionStatus {
  /** Whether `validate` would judge a token now, and not answer 503. */
  readonly ready: boolean
  /** Whether there is a connection to Redis. */
  readonly connected: boolean
  /** An upper bound, in milliseconds, on how old the knowledge of revocations is; null before it is first complete. */
  readonly lagMs: number | null
  /** How many revocations are held. */
  readonly revocations: number
  /** How many verified tokens are remembered. */
  readonly remembered: number
  /** The epoch of the log; rises when Redis lost it and the service wrote it again. */
  readonly epoch: number | null
  /** Totals since the start. */
  readonly counters: Readonly<LogCounters & Outcomes & { keyFetches: number; keyFetchFailures: number }>
}

/** Judges access tokens in this process. */
export interface SessionValidator {
  /**
   * Gives the claims of a token that is good and not revoked. Synchronous, no I/O.
   *
   * Throws a {@link SessionError}: 401 when the token is missing or no good, 503 when that cannot be said now.
   */
  readonly validate: (token: string | undefined | null) => Claims
  status(): SessionStatus
  /** Ends the connections. Afterwards `validate` answers 503. */
  close(): Promise<void>
}

const DENY_AFTER_MS = 5000

/**
 * Starts a validator that follows Postern's revocation log. Resolves when it is ready, or after `waitForReady` seconds
 * without being so: an outage never rejects. Rejects with a TypeError for options that cannot work.
 *
 * @example
 * ```ts
 * import { createSessionValidator } from '@postern/session'
 *
 * const sessions = await createSessionValidator({
 *   jwksUrl: 'https://auth.example.com/.well-known/jwks.json',
 *   redis: 'redis://localhost:6379',
 * })
 * const { sub } = sessions.validate('eyJ…')
 * await sessions.close()
 * ```
 */
export async function createSessionValidator(options: SessionValidatorOptions): Promise<SessionValidator> {
  const { onError = () => {}, maxRevocations = 2_000_000, waitForReady = 10 } = options
  const limit = staleAfter(options.whenDisconnected ?? { allowForSeconds: 30 })
  const keys = logKeys(options)
  const table = new RevocationTable(maxRevocations)
  const remote = options.jwksUrl === undefined ? null : createRemoteKeys({ url: options.jwksUrl, onError })
  const verifier = createTokenVerifier({ ...options, revocations: table, ...(remote && { keySource: remote }) })
  const log = followRevocations({ connect: () => connectToLog(options.redis), keys, table, onError })
  const outcomes: Outcomes = { accepted: 0, refused: 0, unavailable: 0 }
  let closed = false

  /** Why nothing can be said about any token now, if so. */
  const obstacle = (): 'closed' | 'memory_full' | 'not_ready' | 'stale' | null => {
    if (closed) return 'closed'
    if (log.full) return 'memory_full'
    const age = log.age()
    if (age === null) return 'not_ready'
    if (age > limit.afterMs || (limit.connected && !log.connected)) return 'stale'
    return null
  }

  const validator: SessionValidator = {
    validate: counted(outcomes, (token) => {
      const reason = obstacle()
      if (reason) throw new SessionError(reason)
      return verifier.verify(token)
    }),
    status: () => ({
      ready: obstacle() === null && (remote === null || remote.loaded),
      connected: log.connected,
      lagMs: log.age(),
      revocations: table.size,
      remembered: verifier.remembered,
      epoch: log.epoch,
      counters: {
        ...log.counters,
        ...outcomes,
        keyFetches: remote?.counters.fetches ?? 0,
        keyFetchFailures: remote?.counters.failures ?? 0,
      },
    }),
    async close() {
      closed = true
      remote?.close()
      await log.close()
    },
  }

  if (waitForReady > 0) {
    const fresh = new Promise<void>((resolve) => log.onFresh(resolve))
    const ready = Promise.all([fresh, remote?.firstFetch])
    await withTimeout<unknown>(ready, waitForReady * 1000, () => undefined)
  }
  return validator
}

function staleAfter(policy: DisconnectedPolicy): { afterMs: number; connected: boolean } {
  if (policy === 'deny') return { afterMs: DENY_AFTER_MS, connected: true }
  if (policy === 'allow') return { afterMs: Infinity, connected: false }
  const { allowForSeconds } = policy
  if (!(allowForSeconds >= 5 && allowForSeconds <= 86_400)) throw new TypeError('allowForSeconds must be 5 to 86,400')
  return { afterMs: allowForSeconds * 1000, connected: false }
}

function logKeys({ revocationKey, secret }: SessionValidatorOptions): readonly Buffer[] | null {
  if (revocationKey !== undefined) return [revocationKey].flat().map((key) => Buffer.from(key as string))
  if (secret !== undefined) return [secret].flat().map((one) => deriveRevocationKey(Buffer.from(one as string)))
  return null
}
