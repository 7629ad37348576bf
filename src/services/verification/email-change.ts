// Changes the address of an account: the new one must receive a code first.
import { ServiceError, invalidField } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { canonicalEmail, foldEmail, internationalEmail } from '../../platform/emails.js'
import type { VerifiedAccounts } from '../../repositories/verification/accounts.js'
import type { CodeRepository, StoredCode } from '../../repositories/verification/codes.js'
import { type AuditTrail, type Refusals, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { SessionEndings, Viewer } from '../sessions/index.js'
import type { IssueCode } from './codes.js'
import { type CheckGuess, invalidCode } from './guesses.js'
import type { MaySend } from './subjects.js'
import { noteWrongCodes } from './wrong-codes.js'

const PURPOSE = 'CHANGE_EMAIL'

interface Dependencies {
  transaction: MysqlTransaction
  accounts: VerifiedAccounts
  codes: CodeRepository
  issueCode: IssueCode
  checkGuess: CheckGuess
  maySend: MaySend
  /** Throws INVALID_INPUT at the field `password`. */
  verifyPassword: (viewer: Viewer, password: string) => Promise<unknown>
  /** Whether the deployment sends mails. */
  canSend: boolean
  endings: SessionEndings
  revocations: RevocationService
  trails: { audit: AuditTrail; refusals: Refusals; events: EventTrail }
  clock: Clock
}

export type EmailChange = ReturnType<typeof createEmailChange>

export function createEmailChange(dependencies: Dependencies) {
  const { transaction, accounts, codes, issueCode, checkGuess, maySend, verifyPassword, endings, revocations, clock } =
    dependencies
  const { audit, refusals, events } = dependencies.trails
  const { canSend } = dependencies

  /** The account as the viewer's token sees it. Throws UNAUTHENTICATED if it has changed. */
  async function lock(tx: Parameters<typeof accounts.lock>[0], { user }: Viewer) {
    const account = await accounts.lock(tx, { id: user.id })
    if (account?.generation !== user.generation || account.disabledAt) throw new ServiceError('UNAUTHENTICATED')
    return account
  }

  async function change(viewer: Viewer, found: StoredCode) {
    const { user, sessionId: except } = viewer
    const { email } = found
    return transaction(async (tx) => {
      const account = await lock(tx, viewer)
      if (!(await codes.use(tx, found, PURPOSE, clock()))) throw invalidCode()
      const stored = { email, foldedEmail: foldEmail(email), internationalEmail: internationalEmail(email) }
      await accounts.replaceEmail(tx, user.id, stored, clock())
      // Those to the address before can't be used any more.
      await codes.deleteAll(tx, user.id)
      const ended = await endings.endOthers(tx, { userId: user.id, except }, 'email_changed')
      const facts = { sessions: String(ended.length) }
      await audit.record(tx, { action: 'CHANGE_EMAIL', actor: userActor(viewer), accountId: user.id, facts })
      const data = { previousEmail: account.email, email }
      await events.record(tx, user.id, { type: 'user.email_changed', data })
      return ended
    })
  }

  return {
    /**
     * Sends a code to the new address. Whether another account has it is found out only by someone who reads its mails.
     * Throws MAIL_UNAVAILABLE and INVALID_INPUT.
     */
    async request(viewer: Viewer, { newEmail, password }: { newEmail: string; password: string }): Promise<void> {
      const { user } = viewer
      if (!canSend) throw new ServiceError('MAIL_UNAVAILABLE')
      if (foldEmail(newEmail) === foldEmail(user.email))
        throw invalidField('newEmail', 'This is your email address already.')
      await verifyPassword(viewer, password)
      await transaction(async (tx) => {
        await lock(tx, viewer)
        const actor = userActor(viewer)
        await audit.record(tx, { action: 'REQUEST_EMAIL_CHANGE', actor, accountId: user.id })
        const isOwn = await maySend(tx, PURPOSE, user.id)
        // The address may belong to someone else, whom many accounts could write to.
        const isNew = await maySend(tx, PURPOSE, canonicalEmail(newEmail))
        if (!isOwn || !isNew) return
        const event = { type: 'mail.email_change_requested', data: { email: newEmail } } as const
        const [eventId] = await events.record(tx, user.id, event)
        if (eventId !== undefined) await issueCode(tx, { userId: user.id, purpose: PURPOSE, email: newEmail, eventId })
      })
    },

    /**
     * The new address replaces the one before, and is verified. Ends all other sessions. Throws INVALID_CODE,
     * RATE_LIMITED, and EMAIL_EXISTS if another account has the address by now.
     */
    async confirm(viewer: Viewer, code: string): Promise<void> {
      const userId = viewer.user.id
      const refused = { action: PURPOSE, actor: userActor(viewer), accountId: userId } as const
      const found = await noteWrongCodes(refusals, refused, null, () =>
        checkGuess({ purpose: PURPOSE, owner: { userId }, name: userId, code }),
      )
      const ended = await change(viewer, found)
      await Promise.all(ended.map((revocation) => revocations.deliver(revocation)))
    },
  }
}
