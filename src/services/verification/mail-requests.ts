// Requests for mails to an address: accepted with one statement, and handled after the response.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import { foldedForms } from '../../platform/emails.js'
import type { LockedUser } from '../../repositories/database/locked-user.js'
import type { VerifiedAccounts } from '../../repositories/verification/accounts.js'
import type { MailPurpose, MailRequest, MailRequestRepository } from '../../repositories/verification/mail-requests.js'
import { type AuditTrail, type Origin, type Refusals, unknownActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { IssueCode } from './codes.js'
import type { MaySend } from './subjects.js'

/** How many requests a process reads at once. */
const BATCH = 50

const ACTIONS = {
  VERIFY_EMAIL: 'REQUEST_VERIFICATION',
  RESET_PASSWORD: 'REQUEST_PASSWORD_RESET',
  REGISTER: 'REGISTER',
} as const

interface Dependencies {
  transaction: MysqlTransaction
  requests: MailRequestRepository
  accounts: VerifiedAccounts
  issueCode: IssueCode
  maySend: MaySend
  audit: AuditTrail
  refusals: Refusals
  events: EventTrail
  /** Whether the deployment sends mails. */
  canSend: boolean
  /** A request could not be handled right away. The next step repeats it. */
  onFailure: (error: unknown) => void
  clock: Clock
}

export type MailRequests = ReturnType<typeof createMailRequests>

export function createMailRequests(dependencies: Dependencies) {
  const { transaction, requests, accounts, issueCode, maySend, audit, refusals, events, clock } = dependencies
  const { canSend, onFailure } = dependencies

  /** The account that gets the mail. Null if there is nothing to send: no account, a disabled one, nothing to verify. */
  async function recipient(tx: Statements, { purpose, email }: MailRequest): Promise<LockedUser | null> {
    const account = await accounts.lock(tx, { email: foldedForms(email) })
    if (!account || account.disabledAt || (purpose === 'VERIFY_EMAIL' && account.emailVerifiedAt)) return null
    return (await maySend(tx, purpose, account.id)) ? account : null
  }

  async function send(tx: Statements, purpose: MailPurpose, { id: userId, email }: LockedUser): Promise<void> {
    const data = { email }
    if (purpose === 'REGISTER') {
      await events.record(tx, userId, { type: 'mail.registration_attempted', data })
      return
    }
    const type = purpose === 'VERIFY_EMAIL' ? 'mail.verification_requested' : 'mail.password_reset_requested'
    const [eventId] = await events.record(tx, userId, { type, data })
    if (eventId !== undefined) await issueCode(tx, { userId, purpose, email, eventId })
  }

  async function handle(request: MailRequest): Promise<void> {
    const { purpose, email } = request
    const actor = unknownActor(request)
    const action = ACTIONS[purpose]
    const refused = await transaction(async (tx) => {
      if (!(await requests.remove(tx, request.id))) return false
      const account = await recipient(tx, request)
      if (!account) return true
      await send(tx, purpose, account)
      const result = purpose === 'REGISTER' ? 'FAILURE' : 'SUCCESS'
      await audit.record(tx, { action, result, actor, accountId: account.id })
      return false
    })
    if (refused) refusals.note({ action, result: 'FAILURE', actor, accountId: null }, email)
  }

  async function drain(): Promise<void> {
    for (;;) {
      const waiting = await requests.list(BATCH)
      const failures: unknown[] = []
      // One that fails keeps none of the others.
      for (const request of waiting) await handle(request).catch((error: unknown) => failures.push(error))
      if (failures.length > 0) throw failures[0]
      if (waiting.length < BATCH) return
    }
  }

  let running: Promise<void> = Promise.resolve()
  let isWaiting = false

  /** Handles what is waiting, after the step that is running. */
  function step(): Promise<void> {
    const next = running.then(drain)
    running = next.catch(() => undefined)
    return next
  }

  return {
    /** Writes the same row, whether there is such an account or not. Throws MAIL_UNAVAILABLE. */
    async add(purpose: MailPurpose, email: string, { ipAddress, userAgent, requestId }: Origin): Promise<void> {
      if (!canSend) throw new ServiceError('MAIL_UNAVAILABLE')
      await requests.insert({ id: uuidv7(), purpose, email, ipAddress, userAgent, requestId }, clock())
      if (isWaiting) return
      isWaiting = true
      // The responses of this turn of the event loop first.
      setImmediate(() => {
        isWaiting = false
        step().catch(onFailure)
      })
    },

    /** Handles what is waiting. Rejects if the database is unavailable. */
    step,

    /** Finishes what it works on. */
    close: (): Promise<void> => running,
  }
}
