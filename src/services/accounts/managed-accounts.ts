// An account as administrators see it: whether its user can sign in, and when it is erased.
import { ServiceError } from '@postern/service/errors'
import type { DeletionRepository, PendingDeletion } from '../../repositories/accounts/deletions.js'
import type { UserRecord, UserRepository } from '../../repositories/accounts/users.js'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import type { Viewer } from '../sessions/index.js'

type AccountStatus = 'ACTIVE' | 'DISABLED' | 'DELETION_REQUESTED'

export interface AdministeredAccount {
  user: UserRecord
  status: AccountStatus
  disabledAt: Date | null
  deletionDueAt: Date | null
  /** The session of the administrator who looks at it. */
  viewerSessionId: string
}

/** An account that is being deleted is disabled. An administrator or operator can have disabled it besides. */
function statusOf({ disabledAt }: UserRecord, deletion: PendingDeletion | null): AccountStatus {
  if (disabledAt === null) return 'ACTIVE'
  return deletion && !deletion.staysDisabled ? 'DELETION_REQUESTED' : 'DISABLED'
}

export type ManagedAccounts = ReturnType<typeof createManagedAccounts>

export function createManagedAccounts({
  users,
  deletions,
  credentials,
}: {
  users: UserRepository
  deletions: DeletionRepository
  credentials: CredentialRepository
}) {
  return {
    /** Throws NOT_FOUND. */
    async find(userId: string, viewer: Viewer): Promise<AdministeredAccount> {
      const [user, deletion] = await Promise.all([users.find({ id: userId }), deletions.findPending(userId)])
      if (!user) throw new ServiceError('NOT_FOUND')
      const { disabledAt } = user
      const deletionDueAt = disabledAt && (deletion?.dueAt ?? null)
      return { user, status: statusOf(user, deletion), disabledAt, deletionDueAt, viewerSessionId: viewer.sessionId }
    },

    /** Whether the user can sign in with a password. */
    hasPassword: async (userId: string): Promise<boolean> =>
      (await credentials.listOf(userId)).some(({ kind }) => kind === 'PASSWORD'),
  }
}
