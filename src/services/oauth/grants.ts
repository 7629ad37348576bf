// Ends at the providers what people have granted this service, once their accounts there are not linked anymore.
import type { Statements } from '@postern/service/database/statements'
import type { KeptTokens, OAuthAccountRepository } from '../../repositories/oauth/accounts.js'
import type { Providers } from './providers.js'
import type { TokenVault } from './tokens.js'

export type Grants = ReturnType<typeof createGrants>

export function createGrants({
  providers,
  vault,
  linked,
}: {
  providers: Providers
  vault: TokenVault
  linked: Pick<OAuthAccountRepository, 'listTokens'>
}) {
  const ending = new Set<Promise<void>>()

  /** As far as the provider lets us: nothing here depends on its answer, and it is not asked again. */
  function end({ id, provider, sealed, keyId }: KeptTokens): void {
    const tokens = vault.open({ sealed, keyId }, id)
    if (!tokens || !providers.list.some(({ name }) => name === provider)) return
    const revocation: Promise<void> = providers
      .call(providers.find(provider), (client) => client.revoke({ ...tokens, expiresIn: null }))
      .catch(() => undefined)
      .finally(() => ending.delete(revocation))
    ending.add(revocation)
  }

  return {
    end,

    /** Those of a user whom this transaction erases. Call it while the rows exist. A rollback ends none. */
    endAll: async (tx: Statements, userId: string): Promise<void> => {
      for (const kept of await linked.listTokens(tx, userId)) tx.afterCommit(() => end(kept))
    },

    /** Finishes the requests to providers that it has started. */
    async close(): Promise<void> {
      await Promise.all(ending)
    },
  }
}
