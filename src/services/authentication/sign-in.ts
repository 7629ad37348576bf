// The end of every way to sign in: whatever follows once the person has proved who they are.
import { acrOf, type Amr } from '@postern/contract/claims'
import { ServiceError } from '@postern/service/errors'
import type { Statements } from '@postern/service/database/statements'
import type { SignInAccount } from '../../repositories/database/sign-in-account.js'
import type { UserRecord } from '../../repositories/accounts/users.js'
import type { LockOut } from '../limits/index.js'
import type { Client, IssuedSession, SecondFactorRule, SessionService } from '../sessions/index.js'
import type { Challenges } from './challenges.js'

export type LoginResult = IssuedSession & { user: UserRecord; deviceToken: string }

export interface SignInOptions {
  /** From an earlier sign-in of the same device, or empty. */
  deviceToken: string
  /** Whether later sign-ins from this device need no second factor for a while. */
  trustDevice?: boolean
  /** Uses up what was proved with, in the transaction that starts the session. Throws if another request has. */
  use?: (tx: Statements) => Promise<void>
}

export type SignIn = ReturnType<typeof createSignIn>

export function createSignIn({
  sessions,
  devices,
  challenges,
  lacksFactor,
  requireVerifiedEmail,
  deletionOf,
  remindOfDeletion,
}: {
  sessions: SessionService
  devices: Pick<LockOut, 'issueDevice' | 'knowsDevice' | 'trustsDevice'>
  challenges: Challenges
  lacksFactor: SecondFactorRule
  requireVerifiedEmail: boolean
  /** When the account is erased. Null if it is not being deleted. */
  deletionOf: (userId: string) => Promise<Date | null>
  /** Sends the mail with the link that cancels the deletion again. */
  remindOfDeletion: (userId: string) => Promise<void>
}) {
  /** Where the role requires a second factor, a device does not replace it. */
  const isTrusted = (account: SignInAccount, amr: readonly Amr[], deviceToken: string): boolean =>
    !lacksFactor(account.role, amr) && devices.trustsDevice(account, deviceToken)

  async function refuseDisabled({ id, disabled }: SignInAccount): Promise<void> {
    if (!disabled) return
    const dueAt = await deletionOf(id)
    if (!dueAt) throw new ServiceError('UNAUTHENTICATED')
    // The person has proved who they are, so they learn nothing about another one.
    await remindOfDeletion(id)
    throw new ServiceError('ACCOUNT_DELETION_PENDING', { details: { dueAt: dueAt.toISOString() } })
  }

  return {
    /**
     * Starts a session for the person who has proved, as `amr` says, that the account is theirs: just now, or at `authTime`.
     * Throws UNAUTHENTICATED if the account is disabled or has changed since it was read, ACCOUNT_DELETION_PENDING,
     * EMAIL_NOT_VERIFIED, and MFA_REQUIRED with a challenge if the account has a second factor that the proof does not
     * contain. Every way to sign in must end here.
     */
    async complete(
      account: SignInAccount,
      { amr, authTime }: { amr: readonly Amr[]; authTime?: Date },
      client: Client,
      { deviceToken, trustDevice = false, use }: SignInOptions,
    ): Promise<LoginResult> {
      await refuseDisabled(account)
      if (requireVerifiedEmail && !account.emailVerified) throw new ServiceError('EMAIL_NOT_VERIFIED')
      if (account.hasSecondFactor && acrOf(amr) === 'aal1' && !isTrusted(account, amr, deviceToken)) {
        const { id: userId, generation } = account
        throw await challenges.issue({ userId, generation, amr, userAgent: client.userAgent })
      }
      const newDevice = account.hasLoggedIn && !devices.knowsDevice(account, deviceToken)
      const session = await sessions.start(account, client, {
        ...{ amr, newDevice },
        ...(authTime && { authTime }),
        ...(use && { use }),
      })
      return { ...session, deviceToken: devices.issueDevice(account, deviceToken, trustDevice) }
    },
  }
}
