// The validator: verifies tokens, and follows revocations and public keys.
import { withTimeout } from '@postern/contract/timeout'
import type { Claims } from './claims.js'
import { SessionError } from './errors.js'
import { exportMetrics, type MetricsTarget } from './exported-metrics.js'
import { isBetween } from './numbers.js'
import { deriveRevocationKey } from './protocol.js'
import { counted, type Outcomes } from './outcomes.js'
import { redisClients, type DuplicableRedis } from './redis-clients.js'
import { createRemoteKeys } from './remote-keys.js'
import { reporter } from './report.js'
import { followRevocations } from './revocation-stream.js'
import { RevocationTable } from './revocation-table.js'
import type { SessionStatus } from './status.js'
import { connectToStream } from './stream-connection.js'
import { createTokenVerifier, type TokenVerifierOptions } from './verifier.js'

/**
 * What to do while no checkpoint arrives. `'deny'` answers 503 as soon as the connection is lost, or when checkpoints are
 * 5 s late. `{ allowForSeconds }` (5 to 86,400) first uses what is known for that long. `'allow'` uses it without limit.
 */
export type DisconnectedPolicy = 'deny' | 'allow' | { readonly allowForSeconds: number }

/** Options of {@link createSessionValidator}. */
export interface SessionValidatorOptions extends Omit<TokenVerifierOptions, 'revocations' | 'now'> {
  /** ES256: where the service publishes its keys, `https://…/.well-known/jwks.json`. */
  readonly jwksUrl?: string
  /**
   * `redis://:password@host:6379/0`, `rediss://…` for TLS, `redis+sentinel://host:26379,host:26379/name` for the primary that
   * Sentinels name, or an ioredis client or cluster (version 5 or 6), which is duplicated and otherwise not used.
   */
  readonly redis: string | DuplicableRedis
  /** What to do while the revocation stream can't be followed. Default `{ allowForSeconds: 30 }`. */
  readonly whenDisconnected?: DisconnectedPolicy
  /**
   * The service's REVOCATION_KEY, which signs the entries of the stream (text as UTF-8). By default derived from `secret`.
   * With neither, entries are not authenticated. Only the service may have write access to Redis then (see the README).
   */
  readonly revocationKey?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** The largest number of revocations, at up to 60 bytes each. If there are more, every token is refused with 503. Default 2,000,000. */
  readonly maxRevocations?: number
  /** How long {@link createSessionValidator} waits until the validator is ready, in seconds. 0: not at all. Default 10. */
  readonly waitForReady?: number
  /**
   * Exports the state and the counters as `postern_session_*`: `{ register }` is a registry of prom-client, `{ meter }` a
   * meter of OpenTelemetry. One validator per registry. Ends with {@link SessionValidator.close}.
   */
  readonly metrics?: MetricsTarget
  /** Called for each failure of Redis or of the JWKS URL. Log it; the validator recovers without your help. */
  readonly onError?: (error: Error) => void
}

/** Verifies access tokens in this process. */
export interface SessionValidator {
  /**
   * Returns the claims of a valid token that is not revoked. Synchronous, without I/O.
   *
   * Throws a {@link SessionError}: 401 if the token is missing or not valid, 503 if tokens can't be verified now. `key`: the
   * thumbprint of the key that the sender has proved to hold, which tokens that are bound to a key need. `'any'` accepts them
   * too: the program that gets the claims must then check a proof of the key in `cnf`.
   */
  readonly validate: (token: string | undefined | null, key?: string) => Claims
  status(): SessionStatus
  /**
   * Closes the connections. Afterwards `validate` throws a 503 error. A program that forgets it ends nevertheless.
   */
  close(): Promise<void>
}

const DENY_AFTER_MS = 5000

/**
 * Starts a validator that follows Postern's revocation stream. Resolves when it is ready, or after `waitForReady` seconds
 * even if it is not: an outage never rejects. Rejects with a TypeError for invalid options.
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
  const { maxRevocations = 2_000_000, waitForReady = 10 } = options
  const onError = reporter(options.onError)
  const limit = staleAfter(options.whenDisconnected ?? { allowForSeconds: 30 })
  const keys = streamKeys(options)
  const newClient = redisClients(options.redis)
  const table = new RevocationTable(maxRevocations)
  const remote = options.jwksUrl === undefined ? null : createRemoteKeys({ url: options.jwksUrl, onError })
  const verifier = createTokenVerifier({ ...options, revocations: table, ...(remote && { keySource: remote }) })
  const stream = followRevocations({ connect: () => connectToStream(newClient()), keys, table, onError })
  const outcomes: Outcomes = { accepted: 0, refused: 0, unavailable: 0 }
  let closed = false
  let stopMetrics = () => {}

  /** Why no token can be verified now, or null. */
  const obstacle = (): 'closed' | 'memory_full' | 'not_ready' | 'stale' | null => {
    if (closed) return 'closed'
    if (stream.full) return 'memory_full'
    const age = stream.age()
    if (age === null) return 'not_ready'
    if (age > limit.afterMs || (limit.connected && !stream.connected)) return 'stale'
    return null
  }

  const validator: SessionValidator = {
    validate: counted(outcomes, (token, key) => {
      const reason = obstacle()
      if (reason) throw new SessionError(reason)
      return verifier.verify(token, key)
    }),
    status: () => ({
      ready: obstacle() === null && (remote === null || remote.loaded),
      connected: stream.connected,
      lagMs: stream.age(),
      revocations: table.size,
      remembered: verifier.remembered,
      epoch: stream.epoch,
      counters: {
        ...stream.counters,
        ...outcomes,
        keyFetches: remote?.counters.fetches ?? 0,
        keyFetchFailures: remote?.counters.failures ?? 0,
      },
    }),
    async close() {
      closed = true
      stopMetrics()
      remote?.close()
      await stream.close()
    },
  }

  try {
    if (options.metrics) stopMetrics = exportMetrics(options.metrics, () => validator.status())
  } catch (error) {
    await validator.close()
    throw error
  }
  if (waitForReady > 0) {
    const fresh = new Promise<void>((resolve) => stream.onFresh(resolve))
    const ready = Promise.all([fresh, remote?.firstFetch])
    await withTimeout(ready, waitForReady * 1000, () => undefined)
  }
  return validator
}

function staleAfter(policy: DisconnectedPolicy): { afterMs: number; connected: boolean } {
  if (policy === 'deny') return { afterMs: DENY_AFTER_MS, connected: true }
  if (policy === 'allow') return { afterMs: Infinity, connected: false }
  const { allowForSeconds } = policy
  if (!isBetween(5, allowForSeconds, 86_400)) throw new TypeError('allowForSeconds must be a number, 5 to 86,400')
  return { afterMs: allowForSeconds * 1000, connected: false }
}

function streamKeys({ revocationKey, secret }: SessionValidatorOptions): readonly Buffer[] | null {
  if (revocationKey !== undefined) return [revocationKey].flat().map((key) => Buffer.from(key as string))
  if (secret !== undefined) return [secret].flat().map((one) => deriveRevocationKey(Buffer.from(one as string)))
  return null
}
