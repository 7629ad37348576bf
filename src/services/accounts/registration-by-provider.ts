// Creates the account of a person for whose address a sign-in provider vouches. It has no password.
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import { foldEmail, internationalEmail } from '../../platform/emails.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { VerifiedAccounts } from '../../repositories/verification/accounts.js'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { Client } from '../sessions/index.js'
import type { Admission } from './admission.js'
import type { TermsService } from './terms.js'

interface Dependencies {
  users: UserRepository
  admission: Pick<Admission, 'admitVouched'>
  accounts: Pick<VerifiedAccounts, 'markVerified'>
  terms: Pick<TermsService, 'isCurrent'>
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}

/**
 * `termsVersion`: what the user accepted before they went to the provider. It counts if it is still the current one. Returns
 * the id of the new account. Throws REGISTRATION_CLOSED, INVALID_INVITATION and EMAIL_EXISTS.
 */
export type RegisterByProvider = (
  tx: Statements,
  account: { email: string; provider: string; termsVersion: string | null },
  client: Client,
) => Promise<string>

export const createRegistrationByProvider =
  ({ users, admission, accounts, terms, audit, events, clock }: Dependencies): RegisterByProvider =>
  async (tx, { email, provider, termsVersion }, client) => {
    const [id, now] = [uuidv7(), clock()]
    const emails = { email, foldedEmail: foldEmail(email), internationalEmail: internationalEmail(email) }
    const accepted = terms.isCurrent(termsVersion) ? termsVersion : null
    await users.insert(tx, { id, ...emails, firstName: null, lastName: null, termsVersion: accepted, now })
    await admission.admitVouched(tx, email)
    await accounts.markVerified(tx, id, now)
    const actor = userActor({ user: { id }, client })
    await audit.record(tx, { action: 'REGISTER', actor, accountId: id, facts: { provider } })
    await events.record(tx, id, { type: 'user.registered', data: { email, username: null } })
    return id
  }
