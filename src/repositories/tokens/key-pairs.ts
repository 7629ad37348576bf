// ES256 key pairs and the text of their files: a private JWK (RFC 7517) with its times.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { z } from 'zod'

/** The public part of a key, for validators. */
export interface PublicJwk {
  kty: string
  crv: string
  x: string
  y: string
  /** The key's thumbprint by RFC 7638. */
  kid: string
  alg: 'ES256'
  use: 'sig'
}

/** An ES256 key pair and its times. */
export interface KeyPair {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
  publicJwk: PublicJwk
  createdAt: Date
  /** When it starts to sign. It is published before. */
  activeFrom: Date
  /** The lifetime of tokens when it was created, in seconds. */
  tokenTtl: number
}

export type KeyTimes = Pick<KeyPair, 'createdAt' | 'activeFrom' | 'tokenTtl'>

const time = z.iso.datetime().transform((text) => new Date(text))
const content = z.object({
  ...{ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string(), kid: z.string() },
  ...{ createdAt: time, activeFrom: time, tokenTtl: z.int().positive() },
})

/** A new key pair, and the text of its file. */
export function generateKeyPair(times: KeyTimes): { pair: KeyPair; text: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicJwk = describe(publicKey)
  const text = `${JSON.stringify({ ...publicJwk, d: privateKey.export({ format: 'jwk' }).d, ...times })}\n`
  return { pair: { kid: publicJwk.kid, privateKey, publicKey, publicJwk, ...times }, text }
}

const UNUSABLE = "contains no key pair: its private and public halves don't belong together"

/** The key pair of a file, or what is wrong with the file, without quoting its content. */
export function parseKeyPair(kid: string, text: string): KeyPair | string {
  const json = parseJson(text)
  if (json === undefined) return 'is not JSON'
  const parsed = content.safeParse(json)
  if (!parsed.success) {
    const fields = new Set(parsed.error.issues.map(({ path }) => path.join('.')))
    return fields.has('') ? 'is not a JSON object' : `lacks a usable ${[...fields].join(', ')}`
  }
  const { createdAt, activeFrom, tokenTtl, kty, crv, x, y, d } = parsed.data
  try {
    const privateKey = createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' })
    const publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
    const publicJwk = describe(publicKey)
    if (publicJwk.kid !== kid) return 'is named after another key'
    const probe = Buffer.from(kid)
    // Each half is imported as it stands; what one signs the other must verify.
    if (!verify('sha256', probe, publicKey, sign('sha256', probe, privateKey))) return UNUSABLE
    return { kid, privateKey, publicKey, publicJwk, createdAt, activeFrom, tokenTtl }
  } catch {
    return UNUSABLE
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function describe(publicKey: KeyObject): PublicJwk {
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' })
  // RFC 7638 section 3: the required members, in the order of their names.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  return { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }
}
