// Hashes of other systems: reads their encodings, and refuses those that are too costly to verify.
import { costProblem } from './costs.js'
import { readEncoding } from './encodings.js'
import { storedForm } from './stored-form.js'

/** The width of the column. */
const MAX_STORED_LENGTH = 255

/** Unpadded and in one notation, as the hasher verifies it; or why it can't be imported. */
export type ReadHash = { stored: string } | { problem: string }

/** Reads a hash in any encoding of docs/production.md. No problem contains a part of the hash. */
export function readForeignHash(text: string): ReadHash {
  const hash = readEncoding(text)
  if (hash === null) return { problem: 'this is no bcrypt, scrypt, PBKDF2 or argon2 hash in a known encoding' }
  const problem = costProblem(hash)
  if (problem !== null) return { problem }
  const stored = storedForm(hash)
  return stored.length > MAX_STORED_LENGTH ? { problem: 'the hash is too long' } : { stored }
}
