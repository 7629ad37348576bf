// What an operator does with an account: find it, look at it, disable it, enable it.
import { canonicalUsername } from '@postern/contract/usernames'
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import { foldedForms } from '../../platform/emails.js'
import { isId } from '@postern/service/ids'
import type { DeletionRepository } from '../../repositories/accounts/deletions.js'
import type { UserKey, UserRecord, UserRepository } from '../../repositories/accounts/users.js'
import type { ListedSession, SessionRepository } from '../../repositories/sessions/sessions.js'
import type { Disabling } from './disabling.js'

interface Dependencies {
  users: UserRepository
  deletions: DeletionRepository
  sessions: SessionRepository
  disabling: Disabling
  clock: Clock
}

/** An id, an email address, or a username. The column of usernames is ASCII. */
function keyOf(name: string): UserKey | null {
  if (isId(name)) return { id: name }
  if (name.includes('@')) return { email: foldedForms(name) }
  return /^[\x21-\x7e]+$/.test(name) ? { canonical: canonicalUsername(name) } : null
}

export type OperationService = ReturnType<typeof createOperationService>

/** `name` is an id, an email address or a username. */
export function createOperationService({ users, deletions, sessions, disabling, clock }: Dependencies) {
  /** Throws NOT_FOUND. */
  async function find(name: string): Promise<UserRecord> {
    const key = keyOf(name)
    const user = key && (await users.find(key))
    if (!user) throw new ServiceError('NOT_FOUND', { message: `There is no user ${name}.` })
    return user
  }

  return {
    find,

    /** When the account is erased. Null if it is not being deleted. */
    deletionOf: async (userId: string): Promise<Date | null> => (await deletions.findPending(userId))?.dueAt ?? null,

    /** The active sessions of a user, the most recently used first. */
    sessionsOf: (userId: string): Promise<ListedSession[]> => sessions.listActive(userId, clock()),

    /** As in disabling.ts. */
    disable: async (name: string): Promise<number | null> => disabling.disable((await find(name)).id, null),

    /** As in disabling.ts. */
    enable: async (name: string): Promise<boolean> => disabling.enable((await find(name)).id, null),
  }
}
