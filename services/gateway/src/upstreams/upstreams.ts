// The services behind the gateway, as it calls them, and their circuit breakers.
import type { BreakerStatus } from '@postern/service/breakers'
import type { Tracing } from '@postern/service/tracing/tracing'
import { cached } from '../cache/cached.js'
import type { KeptResponse } from '../cache/freshness.js'
import { cachePolicies } from '../cache/policy.js'
import type { ResponseStore } from '../cache/store.js'
import type { Metrics } from '../metrics.js'
import type { ServiceEntry } from '../services.js'
import type { UpstreamAddress } from '@postern/service/grpc/address'
import { guarded, type GuardedUpstream } from './guarded.js'
import { createUpstream, type Upstream } from '@postern/service/grpc/upstream'

export interface Upstreams {
  readonly byName: ReadonlyMap<string, Upstream<KeptResponse>>
  readonly breakers: () => readonly BreakerStatus[]
  readonly close: () => void
}

interface Options {
  readonly served: readonly ServiceEntry[]
  readonly addresses: Readonly<Record<string, UpstreamAddress>>
  readonly metrics: Metrics
  readonly tracing: Tracing | null
  /** Called if the responses of an RPC may be kept. */
  readonly openStore: () => ResponseStore
}

/** Throws if the options of an RPC contradict each other, or if a service has no address. */
export function createUpstreams({ served, addresses, metrics, tracing, openStore }: Options): Upstreams {
  const services = new Map<string, GuardedUpstream>()
  const onBreaker = metrics.watchBreakers(
    served.map(({ name }) => name),
    (name) => services.get(name)?.breaker().state ?? 'closed',
  )
  const { observeCall, countRetry: onRetry } = metrics
  for (const { name } of served) {
    const address = addresses[name]
    if (!address) throw new Error(`the service ${name} has no address`)
    services.set(name, guarded(createUpstream(name, address), { observeCall, onBreaker, onRetry, tracing }))
  }

  const policies = cachePolicies(served.flatMap(({ definitions }) => definitions))
  const store = policies.size > 0 ? openStore() : null
  const withCache = (upstream: Upstream): Upstream<KeptResponse> =>
    store ? cached(upstream, { policies, store, count: metrics.countCache }) : upstream

  return {
    byName: new Map([...services].map(([name, upstream]) => [name, withCache(upstream)])),
    breakers: () => [...services.values()].map((upstream) => upstream.breaker()),
    close() {
      for (const upstream of services.values()) upstream.close()
      store?.close()
    },
  }
}
