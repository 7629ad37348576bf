import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** What a validator may know of a key: a public JWK (RFC 7517). */
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

/** An ES256 key pair and when it counts. */
export interface KeyPair {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
  publicJwk: PublicJwk
  createdAt: Date
  /** From then on it signs. It is published before. */
  activeFrom: Date
  /** How long tokens lived when it was made, in seconds. */
  tokenTtl: number
}

const time = z.iso.datetime().transform((text) => new Date(text))
const content = z.object({
  ...{ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string(), kid: z.string() },
  ...{ createdAt: time, activeFrom: time, tokenTtl: z.int().positive() },
})

/** The thumbprint of 43 characters is the name: whatever else lies in the folder is not looked at. */
const FILE = /^([\w-]{43})\.json$/

export type KeyFiles = ReturnType<typeof createKeyFiles>

/**
 * The key files of a folder, which instances share or have copies of: `{kid}.json`, a private JWK with its times.
 * Methods reject when the folder cannot be read or written.
 */
export function createKeyFiles(folder: string) {
  const pathOf = (kid: string) => join(folder, `${kid}.json`)

  return {
    /** All usable key pairs, and the kids of the files that cannot be used, or not yet. A missing folder is empty. */
    async read(): Promise<{ pairs: KeyPair[]; broken: string[] }> {
      const names = await listFolder(folder)
      const kids = names.flatMap((name) => FILE.exec(name)?.[1] ?? [])
      const results = await Promise.all(kids.map((kid) => readPair(kid, pathOf(kid))))
      return {
        pairs: results.filter((result) => typeof result === 'object'),
        broken: kids.filter((_, i) => results[i] === 'broken'),
      }
    },

    /** Makes a key pair. Its file is there as a whole or not at all, and for its owner only. */
    async create(times: Pick<KeyPair, 'createdAt' | 'activeFrom' | 'tokenTtl'>): Promise<KeyPair> {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const publicJwk = describe(publicKey)
      const { kid } = publicJwk
      const unfinished = join(folder, `.${kid}.new`)
      const file = await open(unfinished, 'wx', 0o600)
      try {
        await file.writeFile(
          `${JSON.stringify({ ...publicJwk, d: privateKey.export({ format: 'jwk' }).d, ...times })}\n`,
        )
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, pathOf(kid))
      return { kid, privateKey, publicKey, publicJwk, ...times }
    },

    async remove(kid: string): Promise<void> {
      await rm(pathOf(kid), { force: true })
    },
  }
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Names no cause: an error about a key file may quote the key. */
async function readPair(kid: string, path: string): Promise<KeyPair | 'broken' | 'gone'> {
  try {
    const { createdAt, activeFrom, tokenTtl, kty, crv, x, y, d } = content.parse(
      JSON.parse(await readFile(path, 'utf8')),
    )
    const privateKey = createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' })
    const publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
    const publicJwk = describe(publicKey)
    const probe = Buffer.from(kid)
    // The two halves are imported as they stand; what the one signs the other must verify.
    const matches = verify('sha256', probe, publicKey, sign('sha256', probe, privateKey))
    if (publicJwk.kid !== kid || !matches) return 'broken'
    return { kid, privateKey, publicKey, publicJwk, createdAt, activeFrom, tokenTtl }
  } catch (error) {
    return isMissing(error) ? 'gone' : 'broken'
  }
}

function describe(publicKey: KeyObject): PublicJwk {
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' })
  // RFC 7638 section 3: the required members, in the order of their names.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  return { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
