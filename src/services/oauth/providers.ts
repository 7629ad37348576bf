// The providers of this deployment, and what their failures mean for a caller.
import type { Guard } from '@postern/service/breakers'
import { ServiceError } from '@postern/service/errors'
import { type OAuthProvider, ProviderRefusal } from '../../repositories/oauth/provider.js'
import { oauthFailed } from './errors.js'
import type { ProviderKind } from './identities.js'

export interface RegisteredProvider {
  /** In URLs and rows. */
  readonly name: string
  /** What people call it. */
  readonly label: string
  readonly kind: ProviderKind
  readonly client: OAuthProvider
  /** Its circuit breaker. */
  readonly guard: Guard
}

export type Providers = ReturnType<typeof createProviders>

/** `onRefused` is called with what an operator should know. `isMisconfigured`: the provider refuses this service itself. */
export function createProviders(
  list: readonly RegisteredProvider[],
  onRefused: (provider: string, reason: string, isMisconfigured: boolean) => void,
) {
  const unavailable = ({ label }: RegisteredProvider, cause: unknown) =>
    new ServiceError('SERVICE_UNAVAILABLE', {
      message: `${label} does not respond right now. Try again in a moment, or sign in another way.`,
      ...{ retryAfter: 1, cause },
    })

  return {
    list: list.map(({ name, label }) => ({ name, label })),

    labelOf: (name: string): string => list.find((provider) => provider.name === name)?.label ?? name,

    /** Throws NOT_FOUND. */
    find(name: string): RegisteredProvider {
      const found = list.find((provider) => provider.name === name)
      if (!found) throw new ServiceError('NOT_FOUND', { message: 'This service has no such sign-in provider.' })
      return found
    },

    /** Throws OAUTH_FAILED if the provider refuses, and SERVICE_UNAVAILABLE if it can't be used now. */
    async call<Result>(
      provider: RegisteredProvider,
      work: (client: OAuthProvider) => Promise<Result>,
    ): Promise<Result> {
      try {
        return await provider.guard(() => work(provider.client))
      } catch (error) {
        if (!(error instanceof ProviderRefusal)) throw unavailable(provider, error)
        onRefused(provider.name, error.message, error.isMisconfigured)
        throw error.isMisconfigured ? unavailable(provider, error) : oauthFailed(error)
      }
    },
  }
}
