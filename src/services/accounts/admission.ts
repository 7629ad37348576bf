// Decides whether a new account may be created. Every way to create one asks here: the form, and sign-ups at a provider.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import { foldedForms } from '../../platform/emails.js'
import type { InvitationRepository, InvitationUse } from '../../repositories/accounts/invitations.js'
import { hashOfToken } from '../verification/index.js'
import { normalizeInvitationCode } from './invitation-codes.js'

export type RegistrationMode = 'open' | 'invite' | 'closed'

/** Who wants an account. */
export interface Applicant {
  email: string
  invitationCode?: string | null | undefined
}

export type Admission = ReturnType<typeof createAdmission>

/** Says nothing about the code: a wrong one, a used one and one for someone else are the same. */
const invalidInvitation = () => {
  const { code, message } = new ServiceError('INVALID_INVITATION')
  return new ServiceError(code, { fields: [{ path: 'invitationCode', code, message }] })
}

export function createAdmission({
  mode,
  invitations,
  clock,
}: {
  mode: RegistrationMode
  invitations: Pick<InvitationRepository, 'isUsable' | 'use' | 'useAddressed'>
  clock: Clock
}) {
  /** Null if none is needed. */
  function invitationOf({ email, invitationCode }: Applicant): InvitationUse | null {
    if (mode === 'open') return null
    if (mode === 'closed') throw new ServiceError('REGISTRATION_CLOSED')
    const code = normalizeInvitationCode(invitationCode ?? '')
    if (code === '') throw invalidInvitation()
    return { codeHash: hashOfToken(code), email: foldedForms(email), now: clock() }
  }

  return {
    /** Before anything that takes time. Throws REGISTRATION_CLOSED and INVALID_INVITATION. */
    async check(applicant: Applicant): Promise<void> {
      const use = invitationOf(applicant)
      if (use && !(await invitations.isUsable(use))) throw invalidInvitation()
    },

    /** In the transaction that creates the account: uses up the invitation. Throws the same. */
    async admit(tx: Statements, applicant: Applicant): Promise<void> {
      const use = invitationOf(applicant)
      if (use && !(await invitations.use(tx, use))) throw invalidInvitation()
    },

    /** The same for a person whose address someone vouches for: an invitation for that address needs no code. */
    async admitVouched(tx: Statements, email: string): Promise<void> {
      if (mode === 'open') return
      if (mode === 'closed') throw new ServiceError('REGISTRATION_CLOSED')
      if (!(await invitations.useAddressed(tx, foldedForms(email), clock())))
        throw new ServiceError('INVALID_INVITATION')
    },
  }
}
