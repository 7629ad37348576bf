/**
 * Checks DPoP proofs (RFC 9449): that a token which is bound to a key comes from the holder of that key. Needs only WebCrypto,
 * so it runs on every runtime.
 *
 * @packageDocumentation
 */
import { createLaterAuthenticator, type Auth, type ValidatesLater } from './auth.js'
import { invalidProof } from './dpop-key.js'
import { createNonces, NONCE_PERIOD_SECONDS } from './dpop-nonces.js'
import { sha256, verifyProof, type Proof, type ProofRequest } from './dpop-proof.js'
import type { ReplayStore } from './dpop-replays.js'
import { baseUrl, provedRequest } from './dpop-url.js'
import { SessionError } from './errors.js'
import type { AnyRequest } from './request-headers.js'
import type { Dpop, ProvenKey, TokenSourceOptions } from './token-source.js'

export { memoryReplays, redisReplays } from './dpop-replays.js'
export type { RedisSet, ReplayStore } from './dpop-replays.js'
export type { ProofRequest } from './dpop-proof.js'
export type { Auth, ValidatesLater } from './auth.js'
export type { Dpop, ProvenKey, TokenSourceOptions } from './token-source.js'
export { SessionError } from './errors.js'
export type { SessionErrorCode } from './errors.js'

/** Options of {@link createDpop}. */
export interface DpopOptions {
  /**
   * The URLs at which clients reach this service: `https://api.example.com`. Include a path prefix that your proxy removes. A
   * proof for any other URL is refused, such as one that was made for another service.
   */
  readonly urls: readonly string[]
  /** Remembers which proofs were used: {@link memoryReplays}, {@link redisReplays} or your own. */
  readonly replays: ReplayStore
  /**
   * With nonces, clients with a wrong clock can sign in: the service sends them a nonce to use. With `required`, every proof needs
   * one, so no one can make proofs in advance. `secret`: at least 32 bytes that all processes of the service share.
   */
  readonly nonce?: { readonly secret: string | Uint8Array; readonly required?: boolean }
  /** The time in Unix milliseconds. Default `Date.now`. */
  readonly now?: () => number
}

/** How old a proof without a nonce may be, and how far ahead of this clock. */
const MAX_AGE_SECONDS = 60
const MAX_AHEAD_SECONDS = 30

/** Longer than any proof is accepted: one with a nonce for up to three periods. */
const REMEMBERED_SECONDS = 3 * NONCE_PERIOD_SECONDS

/** {@link createDpop} returns it. */
export interface DpopChecks extends Dpop {
  /** As `check`, for a request that is given in parts. Rejects with a {@link SessionError}. */
  readonly prove: (request: ProofRequest) => Promise<ProvenKey>
}

/**
 * Creates the check of proofs, for the option `dpop` of every framework and for {@link authenticate}. Throws a TypeError for
 * invalid options.
 *
 * @example
 * ```ts
 * import Fastify from 'fastify'
 * import { createSessionValidator } from '@postern/session'
 * import { createDpop, memoryReplays } from '@postern/session/dpop'
 * import { sessionPlugin } from '@postern/session/fastify'
 *
 * const sessions = await createSessionValidator({ secret: process.env['JWT_SECRET']!, redis: 'redis://localhost' })
 * const dpop = createDpop({ urls: ['https://api.example.com'], replays: memoryReplays() })
 *
 * const app = Fastify()
 * await app.register(sessionPlugin, { sessions, dpop })
 * ```
 */
export function createDpop({ urls, replays, nonce, now = Date.now }: DpopOptions): DpopChecks {
  if (urls.length === 0) throw new TypeError('urls must not be empty')
  const bases = urls.map(baseUrl)
  const seconds = () => now() / 1000
  const nonces = nonce ? createNonces(nonce.secret, seconds) : null

  /** A fresh nonce says it, whatever the clock of the client. Without one, its clock counts, unless a nonce is required. */
  async function checkAge({ iat, nonce: given }: Proof): Promise<void> {
    if (nonces && given !== undefined && (await nonces.isFresh(given))) return
    const age = seconds() - iat
    const isRecent = age <= MAX_AGE_SECONDS && age >= -MAX_AHEAD_SECONDS
    if (nonces && (given !== undefined || nonce?.required === true || !isRecent))
      throw new SessionError('use_nonce', { nonce: await nonces.issue() })
    if (!isRecent) throw invalidProof('its iat is not recent; check the clock of the client')
  }

  async function use({ key, jti }: Proof): Promise<void> {
    let isNew: unknown
    try {
      isNew = await replays.remember(await sha256(`${key}\n${jti}`), REMEMBERED_SECONDS)
      // A store that forgets to answer must not accept every proof.
      if (typeof isNew !== 'boolean') throw new TypeError('remember() must return true or false')
    } catch (cause) {
      throw new SessionError('replays_unavailable', { cause })
    }
    if (!isNew) throw invalidProof('it was used before')
  }

  async function prove(request: ProofRequest): Promise<ProvenKey> {
    const proof = await verifyProof(request)
    await checkAge(proof)
    let used: Promise<void> | undefined
    return { thumbprint: proof.key, use: () => (used ??= use(proof)) }
  }

  /** Several guards may check one request. Its proof is used up once. */
  const checked = new WeakMap<object, { token: string; key: Promise<ProvenKey> }>()

  return {
    prove,
    async check(request, token) {
      const known = checked.get(request)
      if (known?.token === token) return known.key
      const { header, method, path } = provedRequest(request)
      const key = prove({ header, method, urls: bases.map((base) => base + path), token })
      checked.set(request, { token, key })
      return key
    },
  }
}

/**
 * Authenticates one request: a bearer token, or one that is bound to a key, with its proof. Rejects with a
 * {@link SessionError}, or a TypeError for what is no request. Takes every validator, also that of `@postern/session/edge`.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createSessionValidator } from '@postern/session'
 * import { authenticate, createDpop, memoryReplays, SessionError } from '@postern/session/dpop'
 *
 * const sessions = await createSessionValidator({ secret: process.env['JWT_SECRET']!, redis: 'redis://localhost' })
 * const dpop = createDpop({ urls: ['https://api.example.com'], replays: memoryReplays() })
 *
 * createServer((request, response) => {
 *   authenticate(sessions, request, { dpop }).then(
 *     ({ userId }) => response.end(`Hello ${userId}`),
 *     (error: unknown) => {
 *       if (!(error instanceof SessionError)) throw error
 *       response.writeHead(error.status, error.headers).end(error.message)
 *     },
 *   )
 * })
 * ```
 */
export const authenticate = (
  sessions: ValidatesLater,
  request: AnyRequest,
  options: TokenSourceOptions & { readonly dpop: Dpop },
): Promise<Auth> => createLaterAuthenticator(sessions, options)(request)
