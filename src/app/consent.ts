// Connects to the consent service, if there is one. Without it, nothing of gRPC is loaded for it.
import type { Config } from '../config/index.js'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { ConsentConnection } from '../upstreams/consent/index.js'
import type { Stores } from './stores.js'

/** Null without CONSENT_GRPC_URL. */
export async function connectToConsent(
  { CONSENT_GRPC_URL: address, SERVICE_KEY: key }: Config,
  { breakers }: Pick<Stores, 'breakers'>,
  tracing: Tracing | null,
): Promise<ConsentConnection | null> {
  if (!address || !key) return null
  const { openConsent } = await import('../upstreams/consent/index.js')
  return openConsent({ address, key, tracing, createBreaker: (options) => breakers.create(options) })
}
