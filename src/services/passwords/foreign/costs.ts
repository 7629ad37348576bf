// Which foreign hashes are too costly to verify, so that imported data can't exhaust the hasher.
import type { ForeignHash } from './foreign-hash.js'

/** Of one hash. As many run at once as HASH_CONCURRENCY says. */
const MAX_MEMORY_KIB = 128 * 1024
/** Memory written by one hash: about a second of one core. */
const MAX_WRITTEN_KIB = 1024 * 1024
/** Two million iterations take about a second, and so does a bcrypt hash of this cost. */
const MAX_ITERATIONS = 2_000_000
const MAX_BCRYPT_COST = 14
const MAX_PARALLELISM = 16

/** Bytes. Shorter ones match too many passwords. */
const HASH_LENGTH = { min: 16, max: 64 }
/** What the libraries for argon2 accept. */
const ARGON2_SALT_LENGTH = { min: 8, max: 48 }
const SALT_LENGTH = { min: 1, max: 64 }

const DIGEST_LENGTH = { sha1: 20, sha256: 32, sha512: 64 }

/** Null if it can be verified in about a second, with an amount of memory that the hasher can spare. */
export function costProblem(hash: ForeignHash): string | null {
  if (hash.kind === 'bcrypt')
    return hash.cost > MAX_BCRYPT_COST || hash.cost < 4 ? `the cost of bcrypt must be 4 to ${MAX_BCRYPT_COST}` : null
  const saltLength = hash.kind === 'argon2' ? ARGON2_SALT_LENGTH : SALT_LENGTH
  if (!isWithin(hash.salt.length, saltLength)) return `the salt must have ${saltLength.min} to ${saltLength.max} bytes`
  if (!isWithin(hash.hash.length, HASH_LENGTH))
    return `the hash must have ${HASH_LENGTH.min} to ${HASH_LENGTH.max} bytes`
  if (hash.kind === 'pbkdf2') {
    const blocks = Math.ceil(hash.hash.length / DIGEST_LENGTH[hash.digest])
    return hash.iterations * blocks > MAX_ITERATIONS ? `it needs more than ${MAX_ITERATIONS} iterations` : null
  }
  const { memoryKib, passes, parallelism } = memoryOf(hash)
  if (parallelism > MAX_PARALLELISM) return `its parallelism is above ${MAX_PARALLELISM}`
  if (memoryKib > MAX_MEMORY_KIB) return `it needs more than ${MAX_MEMORY_KIB / 1024} MiB of memory`
  // The standard's own limit: no library verifies such a hash.
  if (hash.kind === 'scrypt' && hash.log2N >= 16 * hash.r) return 'its parameters are none of scrypt'
  return memoryKib * passes > MAX_WRITTEN_KIB ? 'verifying it takes too long' : null
}

const isWithin = (value: number, { min, max }: { min: number; max: number }) => value >= min && value <= max

function memoryOf(hash: Extract<ForeignHash, { kind: 'argon2' | 'scrypt' }>) {
  if (hash.kind === 'scrypt')
    return { memoryKib: (2 ** hash.log2N + hash.p) * hash.r * 0.125, passes: hash.p, parallelism: hash.p }
  // Without a version it is verified as both.
  const times = hash.version === null ? 2 : 1
  return { memoryKib: hash.memoryKib, passes: hash.timeCost * times, parallelism: hash.parallelism }
}
