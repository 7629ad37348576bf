// Imports users of another system, with their hashes. Each batch is one transaction, which also records how far the file is
// imported: docs/adr/0032-import.md.
import { setTimeout as sleep } from 'node:timers/promises'
import { canonicalUsername } from '@postern/contract/usernames'
import type { Clock } from '../../../platform/clock.js'
import { canonicalEmail, foldedForms, foldEmail, internationalEmail } from '../../../platform/emails.js'
import { AuthError } from '../../../platform/errors.js'
import type { ImportProgress, ImportRepository, NewUser } from '../../../repositories/accounts/imports.js'
import type { MysqlTransaction } from '../../../repositories/database/mysql-transactions.js'
import type { AuditTrail } from '../../audit/index.js'
import { readForeignHash } from '../../passwords/index.js'
import type { UsernameAvailabilityService, UsernameClaims } from '../../usernames/index.js'
import { createImportIds, isSameImport } from './ids.js'
import { createSeenNames } from './seen-names.js'

/** A line of the file, as the rules of inputs accept it. */
export interface ImportedUser {
  line: number
  email: string
  username: string | null
  /** In any encoding that {@link readForeignHash} reads. Null for a user without a password. */
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
  /** Null if the progress is not recorded. */
  source: string | null
  from: ImportProgress
  users: readonly ImportedUser[]
  /** Lines of the batch that the rules of inputs refuse. */
  refused: number
  /** The last line of the batch. */
  line: number
}

export interface BatchResult {
  progress: ImportProgress
  imported: number
  withoutPassword: number
  /** Imported by an earlier run. */
  skipped: number
  refusals: Refusal[]
}

interface Dependencies {
  transaction: MysqlTransaction
  imports: ImportRepository
  usernames: { claims: UsernameClaims; availability: UsernameAvailabilityService }
  audit: AuditTrail
  /** A secret from which ids are derived. */
  idKey: string
  clock: Clock
}

/** Others can claim a name between the look-up and the insert. Each attempt knows those of the one before. */
const ATTEMPTS = 5

/** How long a batch waits for the database, and how long between two tries. */
const PATIENCE_MS = 60_000
const PAUSE_MS = 1000

export type ImportService = ReturnType<typeof createImportService>

export function createImportService({ transaction, imports, usernames, audit, idKey, clock }: Dependencies) {
  const idOf = createImportIds(idKey)

  /** What the database has of the names of a batch. */
  async function lookUp(users: readonly ImportedUser[], ids: readonly string[]) {
    const folded = [...new Set(users.flatMap(({ email }) => foldedForms(email)))]
    const ascii = [...new Set(users.flatMap(({ email }) => internationalEmail(email) ?? []))]
    const [owners, existing, claimProblems] = await Promise.all([
      imports.idsByEmail({ folded, ascii }),
      imports.existing(ids),
      Promise.all(
        users.map(async ({ username }) =>
          username === null ? null : ((await usernames.availability.findClaimProblem(username))?.message ?? null),
        ),
      ),
    ])
    const ownerOf = (email: string) =>
      [...foldedForms(email), internationalEmail(email) ?? ''].map((form) => owners.get(form)).find(Boolean)
    return { ownerOf, existing, claimProblems }
  }

  return {
    /** How far a file was imported. Its key is the hash of the file. */
    progressOf: (source: string): Promise<ImportProgress | null> => imports.progressOf(source),

    /** Begins a run. `isTrial`: the batches are checked, and nothing is written. */
    start({ isTrial }: { isTrial: boolean }) {
      const seen = createSeenNames()

      /** Sorts the users of a batch into those to import, to skip and to refuse. */
      async function sort(users: readonly ImportedUser[]) {
        const now = clock()
        const ids = users.map((user) => idOf(user, user.createdAt ?? now))
        const { ownerOf, existing, claimProblems } = await lookUp(users, ids)
        const mine = seen.inBatch()
        const toImport: (NewUser & { line: number; username: string | null })[] = []
        const refusals: Refusal[] = []
        let skipped = 0
        for (const [index, user] of users.entries()) {
          const id = ids[index] ?? ''
          const owner = ownerOf(user.email)
          const email = `@${canonicalEmail(user.email)}`
          const username = user.username === null ? null : canonicalUsername(user.username)
          const hash = user.passwordHash === null ? { stored: null } : readForeignHash(user.passwordHash)
          const repeated = (name: string | null, what: string, isTaken: boolean) => {
            const first = name === null ? undefined : mine.lineOf(name, isTaken || isTrial)
            return first === undefined ? null : `${what}: line ${first} has the same`
          }
          const twin = repeated(email, 'email', owner !== undefined)
          if (twin === null && (existing.has(id) || (owner !== undefined && isSameImport(owner, id)))) {
            skipped += 1
            continue
          }
          const problem =
            twin ??
            ('problem' in hash ? `password_hash: ${hash.problem}` : null) ??
            (owner === undefined ? null : 'email: an account with this email address exists') ??
            repeated(username, 'username', claimProblems[index] !== null) ??
            (claimProblems[index] == null ? null : `username: ${claimProblems[index]}`)
          if (problem !== null || 'problem' in hash) {
            refusals.push({ line: user.line, problem: problem ?? '' })
            continue
          }
          mine.add(email, user.line)
          if (username !== null) mine.add(username, user.line)
          toImport.push({
            ...{ id, line: user.line, email: user.email, foldedEmail: foldEmail(user.email) },
            ...{ internationalEmail: internationalEmail(user.email), passwordHash: hash.stored },
            ...{ username: user.username, profile: user.profile, createdAt: user.createdAt ?? now },
          })
        }
        return { toImport, refusals, skipped, keep: mine.keep }
      }

      /** `onSorted` gets the result that holds if the transaction is committed. */
      async function attempt(batch: Batch, onSorted: (result: BatchResult) => void): Promise<BatchResult> {
        const { toImport, refusals, skipped, keep } = await sort(batch.users)
        const progress = {
          line: batch.line,
          imported: batch.from.imported + toImport.length,
          refused: batch.from.refused + batch.refused + refusals.length,
        }
        const withoutPassword = toImport.filter(({ passwordHash }) => passwordHash === null).length
        const result = { progress, imported: toImport.length, withoutPassword, skipped, refusals }
        onSorted(result)
        const { source, from } = batch
        if (!isTrial)
          await transaction(async (tx) => {
            if (source !== null && !(await imports.advance(tx, source, from, progress, clock()))) throw inUse()
            if (toImport.length === 0) return
            await imports.insert(tx, toImport, clock())
            const named = toImport.flatMap(({ id, username }) => (username === null ? [] : { id, username }))
            if (named.length > 0) await usernames.claims.claimAll(tx, named)
            const imported = toImport.map(({ id, line }) => ({ id, facts: { line: String(line) } }))
            await audit.recordAll(tx, 'IMPORT_USER', imported)
          })
        keep()
        return result
      }

      /** After an outage, only the progress says whether the transaction was committed. */
      const isDone = async ({ source, line, from }: Batch) =>
        source !== null && line !== from.line && (await imports.progressOf(source))?.line === line

      return {
        /**
         * Imports a batch, all of it or nothing, and waits for a database that is unavailable for less than a minute. Throws
         * SERVICE_UNAVAILABLE after that: the batch may have been imported, and the progress says whether it was.
         */
        async import(batch: Batch): Promise<BatchResult> {
          const last: { result?: BatchResult } = {}
          const giveUpAt = performance.now() + PATIENCE_MS
          for (let tries = 1; ; tries++) {
            try {
              await usernames.claims.bringPolicyUpToDate()
              if (last.result && (await isDone(batch))) return last.result
              return await attempt(batch, (result) => {
                last.result = result
              })
            } catch (error) {
              if (isOutage(error) && performance.now() < giveUpAt) await sleep(PAUSE_MS)
              else if (!isLostRace(error) || tries > ATTEMPTS) throw error
            }
          }
        },
      }
    },
  }
}

const inUse = () =>
  new AuthError('INVALID_INPUT', { message: 'Another process is importing this file. Wait until it has finished.' })

const isOutage = (error: unknown): boolean => error instanceof AuthError && error.code === 'SERVICE_UNAVAILABLE'

const isLostRace = (error: unknown): boolean =>
  error instanceof AuthError && ['EMAIL_EXISTS', 'USERNAME_TAKEN', 'USERNAME_RESERVED'].includes(error.code)
