// What an import gets and returns: users of a file, in batches.
import type { ImportProgress, NewUser } from '../../../repositories/accounts/imports.js'

/** A line of the file that follows the rules of inputs. */
export interface ImportedUser {
  line: number
  email: string
  username: string | null
  /** In any encoding that `readForeignHash` reads. Null for a user without a password. */
  passwordHash: string | null
  profile: NewUser['profile']
  /** Null: now. */
  createdAt: Date | null
}

export interface Refusal {
  line: number
  problem: string
}

export interface Batch {
  /** The hash of the file. Null if the progress is not recorded. */
  source: string | null
  from: ImportProgress
  users: readonly ImportedUser[]
  /** The number of lines of the batch that break the rules of inputs. */
  refused: number
  /** The last line of the batch. */
  line: number
}

export interface BatchResult {
  progress: ImportProgress
  imported: number
  withoutPassword: number
  /** The number of users that an earlier run imported. */
  skipped: number
  refusals: readonly Refusal[]
}
