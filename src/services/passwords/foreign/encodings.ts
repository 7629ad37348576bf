// Reads the encodings in which other systems store the hashes of passwords. docs/production.md lists them.
import { type ForeignHash, PBKDF2_DIGESTS } from './foreign-hash.js'

/** Null if it is not in this encoding, or malformed. */
type Reader = (text: string) => ForeignHash | null

/** The prefixes that frameworks add: Spring Security, Dovecot and Django. */
const PREFIX = /^(?:\{(?:bcrypt|argon2(?:id?)?(?:@\w+)?|BLF-CRYPT|CRYPT)\}|(?:bcrypt|argon2)\$)(?=\$)|^argon2(?=\$)/i

const READERS: readonly Reader[] = [bcrypt, argon2, phc, passlib, django, werkzeug, firebase, aspNet]

export function readEncoding(text: string): ForeignHash | null {
  // Django: `argon2$argon2id$v=…` and `bcrypt$$2b$…`.
  const plain = text.trim().replace(PREFIX, '')
  for (const read of READERS) {
    const hash = read(plain)
    if (hash) return hash
  }
  return null
}

const digestOf = (name: string | undefined) => PBKDF2_DIGESTS.find((digest) => digest === name) ?? null

/** $2x$ is left out: it marks hashes of a faulty implementation. */
function bcrypt(text: string): ForeignHash | null {
  const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)?.[1]
  return cost === undefined ? null : { kind: 'bcrypt', cost: Number(cost), text }
}

function argon2(text: string): ForeignHash | null {
  const [, type, version, given = '', salt, hash] =
    /^\$(argon2(?:id|i|d))(?:\$v=(16|19))?\$([mtp=\d,]+)\$([^$]+)\$([^$]+)$/.exec(text) ?? []
  const { m, t, p, ...rest } = parametersOf(given)
  const [saltBytes, hashBytes] = [base64(salt), base64(hash)]
  if (!isArgon2(type) || !m || !t || !p || Object.keys(rest).length > 0 || !saltBytes || !hashBytes) return null
  // Less memory is impossible.
  if (m < 8 * p) return null
  return {
    kind: 'argon2',
    ...{ type, version: version === undefined ? null : Number(version), memoryKib: m, timeCost: t, parallelism: p },
    ...{ salt: saltBytes, hash: hashBytes },
  }
}

const isArgon2 = (type: string | undefined) => type === 'argon2id' || type === 'argon2i' || type === 'argon2d'

/** `$scrypt$ln=15,r=8,p=1$…` and `$pbkdf2-sha256$i=600000,l=32$…`: the PHC string format. */
function phc(text: string): ForeignHash | null {
  const [, name = '', given = '', salt, hash] = /^\$([a-z0-9-]+)\$([a-z=\d,]+)\$([^$]+)\$([^$]+)$/.exec(text) ?? []
  const { ln, i, r, p } = parametersOf(given)
  if (name === 'scrypt') return scrypt(ln, r, p, base64(salt), base64(hash))
  return name.startsWith('pbkdf2')
    ? pbkdf2(name.slice('pbkdf2-'.length) || 'sha1', i, base64(salt), base64(hash))
    : null
}

/** `$pbkdf2-sha256$29000$…`, and `$pbkdf2$…` for SHA-1. */
function passlib(text: string): ForeignHash | null {
  const [, digest, iterations, salt, hash] = /^\$pbkdf2(?:-(\w+))?\$(\d+)\$([^$]+)\$([^$]+)$/.exec(text) ?? []
  return pbkdf2(digest ?? 'sha1', Number(iterations), base64(salt), base64(hash))
}

/** The salt is text. */
function django(text: string): ForeignHash | null {
  const parts = text.split('$')
  if (parts.length === 4) {
    const [name = '', iterations, salt, hash] = parts
    return name.startsWith('pbkdf2_') ? pbkdf2(name.slice(7), Number(iterations), utf8(salt), base64(hash)) : null
  }
  const [name, n, salt, r, p, hash] = parts
  return name === 'scrypt' && parts.length === 6
    ? scrypt(Math.log2(Number(n)), Number(r), Number(p), utf8(salt), base64(hash))
    : null
}

/** `pbkdf2:sha256:600000$salt$hex` and `scrypt:32768:8:1$salt$hex`. The salt is text. */
function werkzeug(text: string): ForeignHash | null {
  const [, method = '', salt, hex] = /^([a-z0-9:]+)\$([^$]+)\$((?:[0-9a-f]{2})+)$/.exec(text) ?? []
  const [name, ...parameters] = method.split(':')
  const hash = hex === undefined ? null : Buffer.from(hex, 'hex')
  if (name === 'pbkdf2') return pbkdf2(parameters[0], Number(parameters[1]), utf8(salt), hash)
  const [n, r, p] = parameters.map(Number)
  return name === 'scrypt' ? scrypt(Math.log2(n ?? 0), r, p, utf8(salt), hash) : null
}

/** `$fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$hash`: Firebase's scrypt, as Supabase writes it. */
function firebase(text: string): ForeignHash | null {
  const [, n, r, p, ss, sk, salt, hash] =
    /^\$fbscrypt\$v=1,n=(\d+),r=(\d+)(?:,p=(\d+))?,ss=([^,$]*),sk=([^,$]+)\$([^$]+)\$([^$]+)$/.exec(text) ?? []
  const signerKey = base64(sk)
  const made = scrypt(Number(n), Number(r), Number(p ?? 1), base64(salt), base64(hash))
  if (made?.kind !== 'scrypt' || !signerKey) return null
  return { ...made, firebase: { separator: base64(ss) ?? Buffer.alloc(0), signerKey } }
}

/** ASP.NET Core Identity, base64: version 3 names its parameters, version 2 has fixed ones. */
function aspNet(text: string): ForeignHash | null {
  const bytes = base64(text)
  if (bytes?.[0] === 0 && bytes.length === 49) return pbkdf2('sha1', 1000, bytes.subarray(1, 17), bytes.subarray(17))
  if (bytes?.[0] !== 1 || bytes.length < 30) return null
  const salt = bytes.subarray(13, 13 + bytes.readUInt32BE(9))
  const hash = bytes.subarray(13 + bytes.readUInt32BE(9))
  return pbkdf2(PBKDF2_DIGESTS[bytes.readUInt32BE(1)], bytes.readUInt32BE(5), salt, hash)
}

type Bytes = Buffer | null

function pbkdf2(
  name: string | undefined,
  iterations: number | undefined,
  salt: Bytes,
  hash: Bytes,
): ForeignHash | null {
  const digest = digestOf(name)
  return digest && isCount(iterations) && salt && hash ? { kind: 'pbkdf2', digest, iterations, salt, hash } : null
}

function scrypt(
  log2N: number | undefined,
  r: number | undefined,
  p: number | undefined,
  salt: Bytes,
  hash: Bytes,
): ForeignHash | null {
  return isCount(log2N) && isCount(r) && isCount(p) && salt && hash ? { kind: 'scrypt', log2N, r, p, salt, hash } : null
}

const isCount = (value: number | undefined): value is number =>
  value !== undefined && Number.isSafeInteger(value) && value > 0

/** `m=19456,t=2,p=1` */
const parametersOf = (text: string): Record<string, number> =>
  Object.fromEntries(text.split(',').map((item) => [item.split('=')[0] ?? '', Number(item.split('=')[1])]))

const utf8 = (text: string | undefined): Bytes => (text ? Buffer.from(text, 'utf8') : null)

/** With or without padding. passlib writes `.` for `+`, and some systems write `-` and `_`. */
function base64(text: string | undefined): Bytes {
  const plain =
    text
      ?.replace(/={1,2}$/, '')
      .replace(/[.-]/g, '+')
      .replace(/_/g, '/') ?? ''
  return /^[A-Za-z0-9+/]+$/.test(plain) && plain.length % 4 !== 1 ? Buffer.from(plain, 'base64') : null
}
