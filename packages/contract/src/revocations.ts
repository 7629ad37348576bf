/**
 * The wire protocol of Postern's revocation log: what the service writes to Redis and what validators read there.
 *
 * A revocation is a row in MySQL first. Its delivery is one entry in a Redis stream, one message on a channel and,
 * where a token is named, one expiring key; delivering it twice does no harm.
 */
import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto'

/** The Redis stream that holds every living revocation and, each second, a checkpoint. Trimmed by age only. */
export const REVOCATION_STREAM = 'token_invalidation_log'

/** The Redis channel on which each revocation is published once more, as JSON, for clients that only subscribe. */
export const REVOCATION_CHANNEL = 'token_invalidation'

/** The key that exists while the token with this `jti` is revoked, for clients that only do GET. */
export const blacklistKey = (jti: string): string => `blacklist:${jti}`

/** Entries and keys outlive the tokens they refuse by this much, in seconds: no validator may tolerate more skew. */
export const RETENTION_MARGIN = 60

/**
 * "Refuse these tokens until `exp`": one token (`jti`), all tokens of one session (`sid`),
 * or all tokens of one user (`sub`) whose `gen` claim is below `gen`.
 */
export interface Revocation {
  readonly v: 1
  readonly scope: 'token' | 'session' | 'user'
  readonly jti?: string
  readonly sid?: string
  readonly sub: string
  readonly gen?: number
  /** When the last token this refuses will have expired, in Unix seconds. */
  readonly exp: number
  /** Why, for people who read the log: `logout`, `password_changed`, … */
  readonly reason: string
}

/**
 * One entry of the stream. `epoch` opens an epoch: everything living follows it again. `checkpoint` says that all
 * that was committed before it stands in the stream.
 */
export type LogEntry =
  | { readonly kind: 'revocation'; readonly epoch: number; readonly revocation: Revocation }
  | { readonly kind: 'epoch' | 'checkpoint'; readonly epoch: number }

/** Derives the key of the log's MACs from JWT_SECRET, for deployments that set no REVOCATION_KEY (RFC 5869). */
export const deriveRevocationKey = (jwtSecret: string | Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', jwtSecret, '', 'postern revocation log v1', 32))

/** node:crypto takes 2 µs for an HMAC with a KeyObject and 14 µs with a Buffer; a replay needs a million of them. */
const keyObjects = new WeakMap<Buffer, KeyObject>()

function mac(key: Buffer, kind: string, epoch: string, data: string): Buffer {
  let object = keyObjects.get(key)
  if (!object) keyObjects.set(key, (object = createSecretKey(key)))
  return createHmac('sha256', object).update(`postern-log-v1\n${kind}\n${epoch}\n${data}`).digest()
}

/** The field list of a stream entry, as XADD takes it. */
export function encodeEntry(key: Buffer, entry: LogEntry): string[] {
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
 * Reads a stream entry back; `null` for one that is malformed, forged or signed by another deployment.
 *
 * With several keys any of them may have signed it (a rotation is under way); with `null` the signature is not
 * checked, which is only safe where Redis itself lets nobody but the service write.
 */
export function decodeEntry(key: Buffer | readonly Buffer[] | null, fields: readonly string[]): LogEntry | null {
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

/** Reads a revocation from its JSON; `null` unless it has everything its scope needs, in the right types. */
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
