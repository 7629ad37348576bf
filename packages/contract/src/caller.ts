// The caller of a request at the gateway, signed: what the gateway sends with each call to the services behind it.
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'

/** The metadata of a gRPC call that carries the signed caller. No client's header becomes metadata with this prefix. */
export const CALLER_METADATA = 'postern-caller'

/** How long a signed caller is valid. */
export const CALLER_LIFETIME_SECONDS = 30

/** How far the gateway's clock may be ahead of the service's. */
const MAX_AHEAD_SECONDS = 5

/** Longer ones are refused unread: a signed caller takes about 600 characters. */
const MAX_LENGTH = 8192

/** Who sent a request to the gateway, and what the request was. */
export interface GatewayCaller {
  /** The user, by the claims of the access token that the gateway has verified. Null if the request came without one. */
  readonly user: GatewayUser | null
  /** The client's address, which the service's limits count. */
  readonly address: string
  readonly userAgent: string | null
  readonly requestId: string
  /** The HTTP request, which the client's DPoP proof is for: its method, and its URL as the client called it. */
  readonly http: { readonly method: string; readonly url: string }
}

export interface GatewayUser {
  readonly id: string
  readonly sessionId: string
  readonly roles: readonly string[]
  readonly amr: readonly string[]
  /** In Unix seconds. Null in tokens of earlier versions. */
  readonly authTime: number | null
}

/** The claims of the JWS, by the names of RFC 7519, OpenID Connect and RFC 9449. */
interface CallerClaims {
  /** The full name of the RPC, such as `/postern.auth.v1.AuthService/Login`. */
  readonly aud: string
  readonly iat: number
  readonly sub?: string
  readonly sid?: string
  readonly roles?: readonly string[]
  readonly amr?: readonly string[]
  readonly auth_time?: number
  readonly address: string
  readonly user_agent?: string
  readonly request_id: string
  readonly htm: string
  readonly htu: string
}

/** Compared as one string: the token chooses no algorithm, and no other kind of JWS passes as a caller. */
const HEADER = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'postern-caller+jwt' })).toString('base64url')

export type SignCaller = (method: string, caller: GatewayCaller) => string

/** Returns the caller, or null if the text is malformed, forged, too old or signed for another method. */
export type VerifyCaller = (method: string, signed: string) => GatewayCaller | null

const unixSeconds = (): number => Date.now() / 1000

const keyOf = (key: string): KeyObject => createSecretKey(Buffer.from(key))

const mac = (key: KeyObject, content: string): Buffer => createHmac('sha256', key).update(content).digest()

/** `key`: GATEWAY_KEY. `now` is in Unix seconds. */
export function createCallerSigner(key: string, now: () => number = unixSeconds): SignCaller {
  const object = keyOf(key)
  return (method, caller) => {
    const payload = Buffer.from(JSON.stringify(claimsOf(method, caller, Math.floor(now())))).toString('base64url')
    const content = `${HEADER}.${payload}`
    return `${content}.${mac(object, content).toString('base64url')}`
  }
}

/** Any of the keys may have signed it, as during a rotation. */
export function createCallerVerifier(keys: readonly string[], now: () => number = unixSeconds): VerifyCaller {
  const objects = keys.map(keyOf)
  return (method, signed) => {
    if (signed.length > MAX_LENGTH) return null
    const [header, payload, signature, ...rest] = signed.split('.')
    if (header !== HEADER || payload === undefined || signature === undefined || rest.length > 0) return null
    const given = Buffer.from(signature, 'base64url')
    const content = `${header}.${payload}`
    if (given.length !== 32 || !objects.some((key) => timingSafeEqual(given, mac(key, content)))) return null
    const claims = parse(payload)
    if (!claims || claims.aud !== method) return null
    const age = now() - claims.iat
    return age > CALLER_LIFETIME_SECONDS || age < -MAX_AHEAD_SECONDS ? null : callerOf(claims)
  }
}

function claimsOf(method: string, { user, address, userAgent, requestId, http }: GatewayCaller, iat: number) {
  return {
    aud: method,
    iat,
    ...(user && { sub: user.id, sid: user.sessionId, roles: user.roles, amr: user.amr }),
    ...(user?.authTime != null && { auth_time: user.authTime }),
    address,
    ...(userAgent !== null && { user_agent: userAgent }),
    request_id: requestId,
    htm: http.method,
    htu: http.url,
  } satisfies CallerClaims
}

function callerOf({ sub, sid, roles = [], amr = [], auth_time: authTime, ...claims }: CallerClaims) {
  return {
    user:
      sub === undefined || sid === undefined
        ? null
        : { id: sub, sessionId: sid, roles, amr, authTime: authTime ?? null },
    address: claims.address,
    userAgent: claims.user_agent ?? null,
    requestId: claims.request_id,
    http: { method: claims.htm, url: claims.htu },
  }
}

/** The signature is valid, but a gateway of another version may have other claims. */
function parse(payload: string): CallerClaims | null {
  let claims: Partial<Record<keyof CallerClaims, unknown>> | null
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as typeof claims
  } catch {
    return null
  }
  if (typeof claims !== 'object' || claims === null) return null
  const { aud, iat, sub, sid, roles, amr, auth_time: authTime, user_agent: userAgent } = claims
  const texts = [aud, claims.address, claims.request_id, claims.htm, claims.htu]
  const complete =
    texts.every(isText) &&
    [sub, sid, userAgent].every((value) => value === undefined || isText(value)) &&
    [roles, amr].every((value) => value === undefined || (Array.isArray(value) && value.every(isText))) &&
    isTime(iat) &&
    (authTime === undefined || isTime(authTime))
  return complete ? (claims as unknown as CallerClaims) : null
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
