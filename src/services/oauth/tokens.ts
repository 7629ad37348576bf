// The tokens of providers: stored encrypted, and refreshed when they are needed.
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ServiceError } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import { deriveKey, seal, unseal } from '@postern/service/sealing'
import type { OAuthAccountRepository, SealedTokens } from '../../repositories/oauth/accounts.js'
import type { ProviderTokens } from '../../repositories/oauth/provider.js'
import type { Providers } from './providers.js'

const KEY_ID_LENGTH = 8

/** As long as the column. Tokens that are longer are not stored: signing in does not need them. */
const MAX_BYTES = 60_000

/** A token is refreshed this long before it expires, so that it can still be used. */
const MARGIN_SECONDS = 60

/** How long one process refreshes alone: longer than a request to a provider takes. */
const LEASE_SECONDS = 15
const POLL_MS = 100

type Kept = Pick<ProviderTokens, 'accessToken' | 'refreshToken'>

export type TokenVault = ReturnType<typeof createTokenVault>

/** `previous` only open. */
export function createTokenVault(current: string, previous: readonly string[], clock: Clock) {
  const idOf = (key: string): string =>
    createHash('sha256').update(`postern oauth token key id v1\n${key}`).digest('hex').slice(0, KEY_ID_LENGTH)
  const encryptionKey = (key: string) => deriveKey(key, 'postern oauth tokens v1')
  const keys = new Map([...previous, current].map((key) => [idOf(key), encryptionKey(key)]))
  const keyId = idOf(current)
  const currentKey = encryptionKey(current)

  return {
    /** `linkId`: the row that they are stored in. They can't be opened in another one. */
    seal({ accessToken, refreshToken, expiresIn }: ProviderTokens, linkId: string): SealedTokens | null {
      const content = Buffer.from(JSON.stringify({ accessToken, refreshToken } satisfies Kept))
      if (content.byteLength > MAX_BYTES) return null
      const expiresAt = expiresIn === null ? null : addSeconds(clock(), expiresIn)
      return { sealed: seal(currentKey, content, linkId), keyId, expiresAt }
    },

    /** Null if the key is unknown, or if something else has changed what is stored. */
    open({ sealed, keyId: id }: Pick<SealedTokens, 'sealed' | 'keyId'>, linkId: string): Kept | null {
      const key = keys.get(id)
      const content = key && unseal(key, sealed, linkId)
      return content ? (JSON.parse(content.toString()) as Kept) : null
    },
  }
}

export type AccessTokens = ReturnType<typeof createAccessTokens>

export function createAccessTokens({
  linked,
  vault,
  providers,
  clock,
}: {
  linked: OAuthAccountRepository
  vault: TokenVault
  providers: Providers
  clock: Clock
}) {
  const missing = (provider: string) =>
    new ServiceError('NOT_FOUND', {
      message: `Sign in with ${providers.labelOf(provider)} again: its access has ended.`,
    })

  async function find(userId: string, provider: string) {
    const stored = await linked.findTokens(userId, provider)
    const tokens = stored && vault.open(stored, stored.id)
    if (!stored || !tokens) throw missing(provider)
    const isFresh = stored.expiresAt === null || stored.expiresAt > addSeconds(clock(), MARGIN_SECONDS)
    return { id: stored.id, tokens, isFresh }
  }

  /** The lease is held. What the provider refuses is forgotten, what it did not answer is kept. */
  async function refresh(userId: string, name: string): Promise<string> {
    const provider = providers.find(name)
    const { id, tokens, isFresh } = await find(userId, name)
    const { refreshToken } = tokens
    if (isFresh || refreshToken === null) {
      await linked.endRefresh(id, isFresh ? undefined : null)
      if (isFresh) return tokens.accessToken
      throw missing(name)
    }
    try {
      const next = await providers.call(provider, (client) => client.refresh(refreshToken))
      // Without a new one, the refresh token can be used again.
      const kept = { ...next, refreshToken: next.refreshToken ?? refreshToken }
      await linked.endRefresh(id, vault.seal(kept, id))
      return kept.accessToken
    } catch (error) {
      const isRefused = error instanceof ServiceError && error.code === 'OAUTH_FAILED'
      await linked.endRefresh(id, isRefused ? null : undefined)
      throw isRefused ? missing(name) : error
    }
  }

  /**
   * An access token for the provider's API that works for at least a minute. One request of all processes refreshes it, and
   * the others wait for it. Throws NOT_FOUND if the user has to sign in at the provider again, and SERVICE_UNAVAILABLE.
   */
  return async function accessToken(userId: string, provider: string): Promise<string> {
    const deadline = clock().getTime() + LEASE_SECONDS * 1000
    for (;;) {
      const { id, tokens, isFresh } = await find(userId, provider)
      if (isFresh) return tokens.accessToken
      const now = clock()
      if (await linked.claimRefresh(id, { now, until: addSeconds(now, LEASE_SECONDS) }))
        return refresh(userId, provider)
      if (now.getTime() > deadline) throw new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: 1 })
      await pause(POLL_MS)
    }
  }
}
