// Builds the circuit breakers: one for each set of connections that can fail alone, and one for each provider.
import { type BreakerSet, createBreakerSet } from '@postern/service/breaker-set'
import type { Breaker } from '@postern/service/breakers'
import { ProviderFailure } from '../clients/provider-requests.js'
import type { Metrics } from '../platform/metrics.js'

/** Services of other companies, if they are configured. */
export type ProviderName = 'captcha' | 'breached_passwords' | `oauth_${string}`
const PROVIDER_TIMEOUTS_TO_OPEN = 3

export interface Breakers extends BreakerSet {
  /** Creates the one of a provider. */
  provider(name: ProviderName, probe: () => Promise<unknown>): Breaker
}

export function createBreakers(metrics: Pick<Metrics, 'circuitBreakers'>): Breakers {
  const breakers = createBreakerSet((...watched) => metrics.circuitBreakers(...watched))
  return {
    ...breakers,
    provider: (name, probe) =>
      breakers.create({
        ...{ name, probe, timeoutsToOpen: PROVIDER_TIMEOUTS_TO_OPEN },
        isFailure: (error) => error instanceof ProviderFailure,
        isTimeout: (error) => error instanceof ProviderFailure && error.isTimeout,
      }),
  }
}
