/**
 * The wire protocol of revocations: what the service writes to Redis and what validators read there.
 *
 * A revocation is first a row in MySQL. To deliver it, the service adds an entry to the revocation stream, publishes a
 * message on a channel and, if it names a token, sets an expiring key. Delivering it twice does no harm.
 */
import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto'

/** The Redis key of the revocation stream: every active revocation and a checkpoint each second. Trimmed by age only. */
export const REVOCATION_STREAM = 'token_invalidation_log'

/** The Redis channel that also publishes each revocation, as JSON, for clients that only subscribe. */
export const REVOCATION_CHANNEL = 'token_invalidation'

/** The Redis key that exists while the token with this `jti` is revoked, for clients that only use GET. */
export const blacklistKey = (jti: string): string => `blacklist:${jti}`

/** How long entries and keys outlive the tokens they revoke. No validator may allow a larger clock skew. */
export const RETENTION_MARGIN_SECONDS = 60

/**
 * Revokes tokens until `exp`: one token (`jti`), all tokens of a session (`sid`), or all tokens of a user (`sub`) whose
 * `gen` claim is below `gen`.
 */
export interface Revocation {
  readonly v: 1
  readonly scope: 'token' | 'session' | 'user'
  readonly jti?: string
  readonly sid?: string
  readonly sub: string
  readonly gen?: number
  /** When the last token that this revokes expires, in Unix seconds. */
  readonly exp: number
  /** The reason, for people who read the stream: `logout`, `password_changed`, … */
  readonly reason: string
}

/**
 * One entry of the stream. `epoch` starts an epoch: the service writes every active revocation again. `checkpoint` means
 * that everything committed before it is in the stream.
 */
export type StreamEntry =
  | { readonly kind: 'revocation'; readonly epoch: number; readonly revocation: Revocation }
  | { readonly kind: 'epoch' | 'checkpoint'; readonly epoch: number }

/** Derives the key that signs stream entries from JWT_SECRET, for deployments without REVOCATION_KEY (RFC 5869). */
export const deriveRevocationKey = (jwtSecret: string | Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', jwtSecret, '', 'postern revocation log v1', 32))

/** An HMAC takes node:crypto 2 µs with a KeyObject and 14 µs with a Buffer, and a replay needs up to a million. */
const keyObjects = new WeakMap<Buffer, KeyObject>()

function mac(key: Buffer, kind: string, epoch: string, data: string): Buffer {
  let object = keyObjects.get(key)
  if (!object) keyObjects.set(key, (object = createSecretKey(key)))
  return createHmac('sha256', object).update(`postern-log-v1\n${kind}\n${epoch}\n${data}`).digest()
}

/** Encodes a stream entry as the fields of XADD. */
export function encodeEntry(key: Buffer, entry: StreamEntry): string[] {
  const data = entry.kind === 'revocation' ? JSON.stringify(entry.revocation) : ''
  const epoch = String(entry.epoch)
  return [
    'kind',
    entry.kind,
    'epoch',
    epoch,
    'data',
    data,
    'mac',
    mac(key, entry.kind, epoch, data).toString('base64url'),
  ]
}

/**
 * Decodes a stream entry. Returns `null` for one that is malformed, forged or signed by another deployment.
 *
 * With several keys, any of them may have signed it, as during a rotation. With `null`, signatures are not checked, which
 * is safe only if the service alone may write to Redis.
 */
export function decodeEntry(key: Buffer | readonly Buffer[] | null, fields: readonly string[]): StreamEntry | null {
  const get = (name: string): string => {
    const at = fields.findIndex((field, i) => i % 2 === 0 && field === name)
    return at < 0 ? '' : (fields[at + 1] ?? '')
  }
  const [kind, epoch, data] = [get('kind'), get('epoch'), get('data')]
  const given = Buffer.from(get('mac'), 'base64url')
  const signedBy = (one: Buffer): boolean => given.length === 32 && timingSafeEqual(given, mac(one, kind, epoch, data))
  if (key !== null && !(Buffer.isBuffer(key) ? signedBy(key) : key.some(signedBy))) return null
  if (!/^\d{1,15}$/.test(epoch)) return null
  if (kind === 'epoch' || kind === 'checkpoint') return { kind, epoch: Number(epoch) }
  const revocation = kind === 'revocation' ? parseRevocation(data) : null
  return revocation && { kind: 'revocation', epoch: Number(epoch), revocation }
}

/** Parses a revocation. Returns `null` if a field that its scope requires is missing or has the wrong type. */
export function parseRevocation(json: string): Revocation | null {
  let value: Partial<Revocation> | null
  try {
    value = JSON.parse(json) as Partial<Revocation> | null
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || value.v !== 1 || !isId(value.sub) || !isCount(value.exp))
    return null
  const complete =
    (value.scope === 'token' && isId(value.jti)) ||
    (value.scope === 'session' && isId(value.sid)) ||
    (value.scope === 'user' && isCount(value.gen))
  return complete ? (value as Revocation) : null
}

const isId = (value: unknown): value is string => typeof value === 'string' && value.length > 0
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
