/**
 * DPoP (RFC 9449): tokens that are useless without a key which never leaves this program.
 *
 * @packageDocumentation
 */
import { globalFetch, type Fetch } from './transport.js'

/** Options of {@link dpopFetch}. */
export interface DpopOptions {
  /** By default a new one. Sessions end with their key: keep both or neither. */
  readonly key?: CryptoKeyPair | undefined
  /** Replaces the global fetch. */
  readonly fetch?: Fetch | undefined
}

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** Creates a key whose private part no script can read. IndexedDB can store it. */
export const createDpopKey = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ES256, false, ['sign', 'verify'])

/**
 * A fetch that proves with each request that it holds the key. Give it to a client without cookies: its session is then bound
 * to the key. Use it for your own API too. It sends `Authorization: Bearer` as `DPoP`, and repeats a request once if the
 * server wants another nonce.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { dpopFetch } from '@postern/client/dpop'
 *
 * const fetch = dpopFetch()
 * const client = createClient({ url: 'https://auth.example.com/graphql', fetch })
 * await client.login({ email: 'ada@example.com', password: 'correct horse' })
 * const headers = { authorization: `Bearer ${await client.getAccessToken()}` }
 * await fetch('https://api.example.com/me', { headers })
 * ```
 */
export function dpopFetch({ key, fetch = globalFetch }: DpopOptions = {}): Fetch {
  let pair: Promise<CryptoKeyPair> | undefined = key && Promise.resolve(key)
  /** The last nonce of each origin. */
  const nonces = new Map<string, string>()

  return async (input, init) => {
    const request = input instanceof Request ? input : undefined
    const url = new URL(
      input instanceof Request ? input.url : input,
      (globalThis as Partial<typeof globalThis>).location?.href,
    )
    const method = (init?.method ?? request?.method ?? 'GET').toUpperCase()
    const token = tokenOf(new Headers(init?.headers ?? request?.headers))
    pair ??= createDpopKey()
    const holder = await pair

    async function send(): Promise<Response> {
      const headers = new Headers(init?.headers ?? request?.headers)
      const target = { url: url.origin + url.pathname, method, token, nonce: nonces.get(url.origin) }
      headers.set('dpop', await createProof(holder, target))
      if (token !== undefined) headers.set('authorization', `DPoP ${token}`)
      const response = await fetch(request?.clone() ?? input, { ...init, headers })
      const nonce = response.headers.get('dpop-nonce')
      if (nonce) nonces.set(url.origin, nonce)
      return response
    }

    const response = await send()
    if (response.status !== 401 || !/use_dpop_nonce/.test(response.headers.get('www-authenticate') ?? ''))
      return response
    // Releases the connection.
    void response.body?.cancel().catch(() => undefined)
    return send()
  }
}

/** Undefined for other schemes, such as Basic. */
const tokenOf = (headers: Headers): string | undefined =>
  /^(?:Bearer|DPoP) +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]

/** What a proof is for. */
interface Target {
  readonly url: string
  readonly method: string
  readonly token: string | undefined
  readonly nonce: string | undefined
}

async function createProof({ publicKey, privateKey }: CryptoKeyPair, target: Target): Promise<string> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  const { url: htu, method: htm, token, nonce } = target
  const ath = token === undefined ? undefined : base64url(await crypto.subtle.digest('SHA-256', utf8(token)))
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
  const payload = { jti: crypto.randomUUID(), htm, htu, iat: Math.floor(Date.now() / 1000), ath, nonce }
  const signed = [header, payload].map((part) => base64url(utf8(JSON.stringify(part)))).join('.')
  return `${signed}.${base64url(await crypto.subtle.sign(ES256, privateKey, utf8(signed)))}`
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

const base64url = (bytes: ArrayBuffer | Uint8Array): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')
