// Invitations: administrators create, list and revoke them.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError, invalidField } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { foldEmail } from '../../platform/emails.js'
import type { Invitation, InvitationRepository } from '../../repositories/accounts/invitations.js'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { Viewer } from '../sessions/index.js'
import { hashOfToken } from '../verification/index.js'
import { normalizeInvitationCode, randomInvitationCode } from './invitation-codes.js'

/** Those that an administrator still has to do with. */
const LISTED = 100

const DEFAULT_LIFE_SECONDS = 7 * 86_400
const LONGEST_LIFE_SECONDS = 365 * 86_400

export interface InvitationInput {
  email?: string | null | undefined
  expiresAt?: Date | null | undefined
  uses?: number | null | undefined
}

export interface CreatedInvitation {
  invitation: Invitation
  /** Shown once. */
  code: string
  mailed: boolean
}

export type InvitationService = ReturnType<typeof createInvitationService>

export function createInvitationService({
  transaction,
  invitations,
  invitationCodeOf,
  canSend,
  audit,
  events,
  clock,
}: {
  transaction: MysqlTransaction
  invitations: InvitationRepository
  invitationCodeOf: (eventId: string) => string
  /** Whether the deployment sends mails. */
  canSend: boolean
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}) {
  function expiryOf(expiresAt: Date | null | undefined, now: Date): Date {
    if (!expiresAt) return addSeconds(now, DEFAULT_LIFE_SECONDS)
    if (expiresAt <= now || expiresAt > addSeconds(now, LONGEST_LIFE_SECONDS))
      throw invalidField('expiresAt', 'The end must be in the future, and within a year.')
    return expiresAt
  }

  return {
    /** Sends it if it has an address and the deployment sends mails. Throws INVALID_INPUT. */
    async create(admin: Viewer, { email = null, expiresAt, uses }: InvitationInput): Promise<CreatedInvitation> {
      if (email !== null && uses != null && uses > 1)
        throw invalidField('uses', 'An invitation for one address is for one account.')
      const now = clock()
      const id = uuidv7()
      const invitation = { id, email, uses: uses ?? 1, createdAt: now, expiresAt: expiryOf(expiresAt, now) }
      const mailed = email !== null && canSend
      const code = await transaction(async (tx) => {
        const event = { type: 'mail.invitation_created', data: { invitationId: id } } as const
        const [eventId] = mailed ? await events.record(tx, admin.user.id, event) : []
        const code = eventId === undefined ? randomInvitationCode() : invitationCodeOf(eventId)
        const codeHash = hashOfToken(normalizeInvitationCode(code))
        await invitations.insert(tx, { ...invitation, codeHash, foldedEmail: email && foldEmail(email) })
        const by = { actor: userActor(admin), accountId: null, facts: { invitation: id } }
        await audit.record(tx, { action: 'CREATE_INVITATION', ...by })
        return code
      })
      return { invitation: { ...invitation, usesLeft: invitation.uses, revokedAt: null }, code, mailed }
    },

    /** The newest ones. */
    list: (): Promise<Invitation[]> => invitations.list(LISTED),

    /** Throws NOT_FOUND if there is no such invitation, or if it was revoked before. */
    async revoke(admin: Viewer, id: string): Promise<void> {
      await transaction(async (tx) => {
        if (!(await invitations.revoke(tx, id, clock()))) throw new ServiceError('NOT_FOUND')
        const by = { actor: userActor(admin), accountId: null, facts: { invitation: id } }
        await audit.record(tx, { action: 'REVOKE_INVITATION', ...by })
      })
    },
  }
}
