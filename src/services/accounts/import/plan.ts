// Decides for each user of a batch: import, skip or refuse. Writes nothing.
import { canonicalUsername } from '@postern/contract/usernames'
import type { Clock } from '@postern/service/clock'
import { canonicalEmail, foldedForms, foldEmail, internationalEmail } from '../../../platform/emails.js'
import type { ImportRepository, NewUser } from '../../../repositories/accounts/imports.js'
import { readForeignHash } from '../../passwords/index.js'
import type { UsernameAvailabilityService } from '../../usernames/index.js'
import type { ImportedUser, Refusal } from './batches.js'
import { createImportIds, isSameImport } from './ids.js'
import { createSeenNames, type NamesOfBatch } from './seen-names.js'

interface Dependencies {
  imports: ImportRepository
  availability: UsernameAvailabilityService
  /** A secret from which ids are derived. */
  idKey: string
  clock: Clock
}

export interface Plan {
  toImport: readonly PlannedUser[]
  skipped: number
  refusals: readonly Refusal[]
  /** Call it when the plan was carried out: later batches can't have its names. */
  keepNames: () => void
}

export interface PlannedUser extends NewUser {
  line: number
  username: string | null
}

/** A user, and what the database has of its names. */
interface Candidate {
  user: ImportedUser
  id: string
  createdAt: Date
  /** The account that has the email address. */
  owner: string | undefined
  hasAccount: boolean
  /** Why the username can't be claimed. */
  usernameProblem: string | null
}

type Decision = { passwordHash: string | null } | { problem: string } | 'skip'

/** `isTrial`: nothing will be written, so that only the names of this run show what repeats. */
export function createPlanner({ imports, availability, idKey, clock }: Dependencies, isTrial: boolean) {
  const seen = createSeenNames()
  const idOf = createImportIds(idKey)

  async function lookUp(users: readonly ImportedUser[]): Promise<Candidate[]> {
    const now = clock()
    const identified = users.map((user) => {
      const createdAt = user.createdAt ?? now
      return { user, createdAt, id: idOf(user, createdAt) }
    })
    const [owners, existing, usernameProblems] = await Promise.all([
      imports.idsByEmail({
        folded: [...new Set(users.flatMap(({ email }) => foldedForms(email)))],
        ascii: [...new Set(users.flatMap(({ email }) => internationalEmail(email) ?? []))],
      }),
      imports.existing(identified.map(({ id }) => id)),
      Promise.all(users.map(({ username }) => findUsernameProblem(username))),
    ])
    const ownerOf = (email: string) =>
      [...foldedForms(email), internationalEmail(email) ?? ''].map((form) => owners.get(form)).find(Boolean)
    return identified.map((candidate, index) => ({
      ...candidate,
      owner: ownerOf(candidate.user.email),
      hasAccount: existing.has(candidate.id),
      usernameProblem: usernameProblems[index] ?? null,
    }))
  }

  async function findUsernameProblem(username: string | null): Promise<string | null> {
    return username === null ? null : ((await availability.findClaimProblem(username))?.message ?? null)
  }

  function decide({ user, id, owner, hasAccount, usernameProblem }: Candidate, names: NamesOfBatch): Decision {
    // A name that no account has can be that of an earlier line only in a trial.
    const lineOf = (name: string, isTaken: boolean) => names.lineOf(name, isTaken || isTrial)

    const sameEmail = lineOf(emailName(user), owner !== undefined)
    if (sameEmail !== undefined) return { problem: `email: line ${sameEmail} has the same` }
    if (hasAccount || (owner !== undefined && isSameImport(owner, id))) return 'skip'

    const hash = user.passwordHash === null ? { stored: null } : readForeignHash(user.passwordHash)
    if ('problem' in hash) return { problem: `password_hash: ${hash.problem}` }
    if (owner !== undefined) return { problem: 'email: an account with this email address exists' }

    const username = usernameName(user)
    const sameUsername = username === null ? undefined : lineOf(username, usernameProblem !== null)
    if (sameUsername !== undefined) return { problem: `username: line ${sameUsername} has the same` }
    if (usernameProblem !== null) return { problem: `username: ${usernameProblem}` }
    return { passwordHash: hash.stored }
  }

  return async function plan(users: readonly ImportedUser[]): Promise<Plan> {
    const names = seen.inBatch()
    const toImport: PlannedUser[] = []
    const refusals: Refusal[] = []
    let skipped = 0
    for (const candidate of await lookUp(users)) {
      const { user } = candidate
      const decision = decide(candidate, names)
      if (decision === 'skip') skipped += 1
      else if ('problem' in decision) refusals.push({ line: user.line, problem: decision.problem })
      else {
        names.add(emailName(user), user.line)
        const username = usernameName(user)
        if (username !== null) names.add(username, user.line)
        toImport.push(toPlannedUser(candidate, decision.passwordHash))
      }
    }
    return { toImport, skipped, refusals, keepNames: names.keep }
  }
}

/** No username contains an at sign, so that an address is never taken for one. */
const emailName = ({ email }: ImportedUser): string => `@${canonicalEmail(email)}`

const usernameName = ({ username }: ImportedUser): string | null =>
  username === null ? null : canonicalUsername(username)

function toPlannedUser({ user, id, createdAt }: Candidate, passwordHash: string | null): PlannedUser {
  const { line, email, username, profile } = user
  const forms = { email, foldedEmail: foldEmail(email), internationalEmail: internationalEmail(email) }
  return { id, line, ...forms, username, passwordHash, profile, createdAt }
}
