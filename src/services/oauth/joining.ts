// Finds or makes the account that an account at a provider belongs to.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import { foldedForms } from '../../platform/emails.js'
import type { LockedUser } from '../../repositories/database/locked-user.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { Link, OAuthAccountRepository } from '../../repositories/oauth/accounts.js'
import { hasTwoFactors, removeWaysIn } from '../../repositories/accounts/ways-in.js'
import type { VerifiedAccounts } from '../../repositories/verification/accounts.js'
import type { RegisterByProvider } from '../accounts/index.js'
import { type AuditTrail, unknownActor, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { Client, SessionEndings } from '../sessions/index.js'
import { notLinked } from './errors.js'
import type { Flow } from './flows.js'
import type { ProviderIdentity } from './identities.js'
import type { RegisteredProvider } from './providers.js'

/** Others can register, link or change the address at the same time. Then it is looked up again. */
const ATTEMPTS = 3

interface Dependencies {
  transaction: MysqlTransaction
  transactions: Transactions
  linked: OAuthAccountRepository
  accounts: VerifiedAccounts
  register: RegisterByProvider
  endings: SessionEndings
  revocations: RevocationService
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}

type Vouched = ProviderIdentity & { email: string }

export type Joining = ReturnType<typeof createJoining>

export function createJoining(dependencies: Dependencies) {
  const { transaction, transactions, linked, accounts, register, endings, revocations, audit, events, clock } =
    dependencies

  /** `provider_linked`: the user has another account of this provider. Null if another request has linked this one. */
  async function link(
    tx: Statements,
    userId: string,
    { account, email }: ProviderIdentity,
    by: { how: 'signed_up' | 'signed_in' | 'claimed'; client: Client },
  ): Promise<'linked' | 'provider_linked' | null> {
    const inserted = await linked.insert(tx, userId, account, { email, now: clock() })
    if (inserted === 'provider_linked') return inserted
    if (inserted === 'account_linked') return null
    const { provider } = account
    const facts = { provider, how: by.how }
    await audit.record(tx, {
      action: 'LINK_OAUTH',
      actor: userActor({ user: { id: userId }, client: by.client }),
      accountId: userId,
      facts,
    })
    await events.record(tx, userId, { type: 'oauth.linked', data: facts })
    return 'linked'
  }

  /** Another request has registered the address, or linked the account, at the same time. */
  function lookAgain(error: unknown): null {
    if (linked.isTaken(error) || (error instanceof ServiceError && error.code === 'EMAIL_EXISTS')) return null
    throw error
  }

  /**
   * The person who registered the address has never verified it, but the provider vouches for it now. All earlier ways to sign in to
   * the account end, and the person who signs in now becomes its owner.
   */
  async function claim(identity: Vouched, client: Client): Promise<void> {
    const claimed = await transactions
      .run(async (tx) => {
        const account = await accounts.lock(tx, { email: foldedForms(identity.email) })
        if (!account || account.disabledAt || account.emailVerifiedAt) return null
        const { id: userId } = account
        const ended = await endings.endGeneration(tx, account, { reason: 'address_claimed' })
        if (!ended) return null
        await removeWaysIn(tx, userId)
        await accounts.markVerified(tx, userId, clock())
        const facts = { provider: identity.account.provider, sessions: String(ended.count) }
        await audit.record(tx, { action: 'CLAIM_ACCOUNT', actor: unknownActor(client), accountId: userId, facts })
        await events.record(tx, userId, { type: 'user.email_verified', data: { email: account.email } })
        const made = await link(tx, userId, identity, { how: 'claimed', client })
        // Rolls everything back, to look again.
        if (made === null || made === 'provider_linked') throw new ServiceError('EMAIL_EXISTS')
        return ended.revocation
      })
      .catch(lookAgain)
    if (claimed) await revocations.deliver(claimed)
  }

  /**
   * An account whose user can prove more than a provider says, or that has another account of this provider, is not joined by
   * itself.
   */
  async function join(
    tx: Statements,
    account: LockedUser,
    identity: Vouched,
    provider: RegisteredProvider,
    client: Client,
  ) {
    if (await hasTwoFactors(tx, account.id)) throw notLinked(provider.label)
    const made = await link(tx, account.id, identity, { how: 'signed_in', client })
    if (made === 'provider_linked') throw notLinked(provider.label)
    return made
  }

  /** `unverified`: the account has to be claimed. */
  const joinOrRegister = (identity: Vouched, { provider, stored }: Flow, client: Client) =>
    transaction(async (tx) => {
      const { email } = identity
      const account = await accounts.lock(tx, { email: foldedForms(email) })
      // One that is being deleted, too, verified or not.
      if (account?.disabledAt) throw new ServiceError('UNAUTHENTICATED')
      if (account)
        return account.emailVerifiedAt ? join(tx, account, identity, provider, client) : ('unverified' as const)
      const userId = await register(tx, { email, provider: provider.name, termsVersion: stored.termsVersion }, client)
      const made = await link(tx, userId, identity, { how: 'signed_up', client })
      // Rolls the new account back, to look again.
      if (made === null || made === 'provider_linked') throw new ServiceError('EMAIL_EXISTS')
      return made
    }).catch(lookAgain)

  /**
   * Throws OAUTH_NOT_LINKED if the person has to sign in first: without a vouched address, or if the account at the
   * provider can't be joined with the one of the address. Throws UNAUTHENTICATED if that one is disabled, and what `register`
   * throws.
   */
  return async function findOrJoin(identity: ProviderIdentity, flow: Flow, client: Client): Promise<Link> {
    const { provider } = flow
    for (let attempts = 0; ; attempts++) {
      const found = await linked.find(identity.account)
      if (found) return found
      if (attempts === ATTEMPTS) throw new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: 1 })
      const { email, isVouched } = identity
      if (email === null || !isVouched) throw notLinked(provider.label)
      const vouched = { ...identity, email }
      if ((await joinOrRegister(vouched, flow, client)) === 'unverified') await claim(vouched, client)
    }
  }
}
