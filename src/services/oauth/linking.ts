// The accounts at providers that a signed-in user links, lists and unlinks.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { lockUser } from '../../repositories/database/locked-user.js'
import type { LinkedAccount, OAuthAccountRepository } from '../../repositories/oauth/accounts.js'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { StepUp, WaysIn } from '../authentication/index.js'
import type { EventTrail } from '../events/index.js'
import type { Client, Viewer } from '../sessions/index.js'
import { alreadyLinked } from './errors.js'
import type { Callback, Flow, Flows } from './flows.js'
import type { Grants } from './grants.js'
import { identityOf } from './identities.js'
import type { Providers } from './providers.js'
import type { TokenVault } from './tokens.js'

interface Dependencies {
  transaction: MysqlTransaction
  linked: OAuthAccountRepository
  flows: Flows
  providers: Providers
  vault: TokenVault
  grants: Pick<Grants, 'end'>
  readEmail: (text: unknown) => string | null
  stepUp: StepUp
  waysIn: WaysIn
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}

export type ListedAccount = LinkedAccount & { label: string }

export type OAuthLinking = ReturnType<typeof createOAuthLinking>

export function createOAuthLinking(dependencies: Dependencies) {
  const { transaction, linked, flows, providers, vault, grants, readEmail, stepUp, waysIn, audit, events, clock } =
    dependencies
  const labelled = (account: LinkedAccount): ListedAccount => ({
    ...account,
    label: providers.labelOf(account.provider),
  })

  return {
    /**
     * What must hold before a user is sent to a provider to link it. An address that is not verified may be another
     * person's, who could not remove what was linked. Throws REAUTHENTICATION_REQUIRED and EMAIL_NOT_VERIFIED.
     */
    async permit(viewer: Viewer): Promise<void> {
      await stepUp.require(viewer)
      if (!viewer.user.emailVerifiedAt) throw new ServiceError('EMAIL_NOT_VERIFIED')
    },

    /**
     * Links the account that the person has just signed in to at the provider. `user`: as their session is now. Throws
     * OAUTH_FAILED, OAUTH_ALREADY_LINKED and SERVICE_UNAVAILABLE.
     */
    async link(flow: Flow, callback: Callback, user: { id: string; generation: number }, client: Client) {
      const { provider } = flow
      const { tokens, claims } = await flows.exchange(flow, callback)
      const { account, email } = identityOf(provider, claims, readEmail)
      const now = clock()
      const id = await transaction(async (tx) => {
        const current = await lockUser(tx, { id: user.id })
        if (current?.generation !== user.generation || current.disabledAt || !current.emailVerifiedAt)
          throw new ServiceError('UNAUTHENTICATED')
        const inserted = await linked.insert(tx, user.id, account, { email, now })
        if (typeof inserted === 'string') return null
        const data = { provider: provider.name, how: 'linked' } as const
        const actor = userActor({ user, client })
        await audit.record(tx, { action: 'LINK_OAUTH', actor, accountId: user.id, facts: data })
        await events.record(tx, user.id, { type: 'oauth.linked', data })
        return inserted.id
      }).catch((error: unknown) => {
        if (linked.isTaken(error)) return null
        throw error
      })
      if (id === null) throw alreadyLinked(provider.label)
      await linked.endRefresh(id, vault.seal(tokens, id))
      return labelled({ id, provider: provider.name, email, createdAt: now, lastUsedAt: null })
    },

    async list({ user }: Pick<Viewer, 'user'>): Promise<ListedAccount[]> {
      return (await linked.list(user.id)).map(labelled)
    },

    /** Deletes the provider's tokens, too. Throws NOT_FOUND, and FORBIDDEN for the last way to sign in. */
    async unlink(viewer: Viewer, id: string): Promise<void> {
      await stepUp.require(viewer)
      const { user } = viewer
      const removed = await transaction(async (tx) => {
        const current = await lockUser(tx, { id: user.id })
        if (current?.generation !== user.generation) throw new ServiceError('UNAUTHENTICATED')
        const removed = await linked.remove(tx, user.id, id)
        if (!removed) throw new ServiceError('NOT_FOUND')
        await waysIn.requireOne(tx, user.id)
        const data = { provider: removed.provider }
        await audit.record(tx, { action: 'UNLINK_OAUTH', actor: userActor(viewer), accountId: user.id, facts: data })
        await events.record(tx, user.id, { type: 'oauth.unlinked', data })
        return removed
      })
      const { sealed, keyId, provider } = removed
      if (sealed && keyId) grants.end({ id, provider, sealed, keyId })
    },
  }
}
