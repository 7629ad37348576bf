// The one notation in which foreign hashes are stored, and their costs: what comes before salt and hash.
import { randomBytes } from 'node:crypto'
import type { ForeignHash } from './foreign-hash.js'

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** What the hasher verifies (hasher/foreign.ts). Only bcrypt's own form has another alphabet. */
export function storedForm(hash: ForeignHash): string {
  if (hash.kind === 'bcrypt') return hash.text
  const salted = [hash.salt, ...(hash.kind === 'scrypt' && hash.firebase ? keysOf(hash.firebase) : []), hash.hash]
  return [costOf(hash), ...salted.map(unpadded)].join('$')
}

const keysOf = ({ separator, signerKey }: { separator: Buffer; signerKey: Buffer }) => [separator, signerKey]

function costOf(hash: Exclude<ForeignHash, { kind: 'bcrypt' }>): string {
  if (hash.kind === 'pbkdf2') return `$pbkdf2-${hash.digest}$i=${hash.iterations},l=${hash.hash.length}`
  if (hash.kind === 'scrypt')
    return `$${hash.firebase ? 'fbscrypt' : 'scrypt'}$ln=${hash.log2N},r=${hash.r},p=${hash.p}`
  const { type, version, memoryKib, timeCost, parallelism } = hash
  return `$${type}${version === null ? '' : `$v=${version}`}$m=${memoryKib},t=${timeCost},p=${parallelism}`
}

/**
 * A stored form of this cost that no password matches, for names without an account. Verifying it takes as long as the
 * stored hashes of this cost do. Null if it is no cost of a stored form.
 */
export function unmatchable(cost: string): string | null {
  const length = Number(/,l=(\d+)$/.exec(cost)?.[1] ?? 32)
  const rest = `$${unpadded(randomBytes(16))}$${unpadded(randomBytes(length))}`
  if (/^\$2[aby]\$\d\d$/.test(cost)) return `${cost}$${bcryptText()}`
  // Encrypting a few bytes more takes no time that could be measured.
  if (cost.startsWith('$fbscrypt$')) return `${cost.replace('fbscrypt', 'scrypt')}${rest}`
  return /^\$(?:scrypt|pbkdf2-\w+|argon2(?:id|i|d)(?:\$v=\d+)?)\$[a-z]+=\d+(?:,[a-z]=\d+)+$/.test(cost)
    ? `${cost}${rest}`
    : null
}

/** 22 characters of salt, whose last has only two bits, and 31 of hash, whose last has only four. */
function bcryptText(): string {
  const text = randomBytes(40).toString('base64').replaceAll('+', '.').slice(0, 53)
  return `${text.slice(0, 21)}.${text.slice(22, 52)}.`
}
