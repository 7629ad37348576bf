// Answers calls with kept responses, if the RPC allows it.
import { createHash } from 'node:crypto'
import type { DescMethod } from '@bufbuild/protobuf'
import { Metadata, status } from '@grpc/grpc-js'
import { rpcPathOf } from '@postern/proto/grpc-service'
import { UpstreamError } from '@postern/service/grpc/upstream-error'
import type { Upstream } from '@postern/service/grpc/upstream'
import type { KeptResponse } from './freshness.js'
import type { CachePolicies } from './policy.js'
import type { ResponseStore } from './store.js'

/** `stale`: an old response, because the service did not answer. `bypassed`: the request had credentials. */
export type CacheResult = 'hit' | 'miss' | 'stale' | 'bypassed'
export const CACHE_RESULTS: readonly CacheResult[] = ['hit', 'miss', 'stale', 'bypassed']

/** Larger responses are not kept. */
const MAX_BYTES = 256 * 1024

/** Metadata of a caller who may get another response than everyone else. */
const CREDENTIALS = ['authorization', 'dpop', 'cookie']

interface Options {
  policies: CachePolicies
  store: ResponseStore
  count: (result: CacheResult) => void
  /** In Unix milliseconds. */
  now?: () => number
}

export function cached(
  upstream: Upstream,
  { policies, store, count, now = Date.now }: Options,
): Upstream<KeptResponse> {
  return {
    ...upstream,
    async call(method, request, metadata, options) {
      const policy = policies.get(method)
      if (!policy) return upstream.call(method, request, metadata, options)
      if (CREDENTIALS.some((name) => metadata.get(name).length > 0)) {
        count('bypassed')
        return upstream.call(method, request, metadata, options)
      }
      const { maxAgeSeconds, staleIfErrorSeconds } = policy
      const key = keyOf(method, request)
      const known = await store.read(key)
      // The clock of the gateway that stored it may be ahead.
      const ageSeconds = known ? Math.max(0, Math.floor((now() - known.storedAt) / 1000)) : Infinity
      const kept = (isStale: boolean) => {
        count(isStale ? 'stale' : 'hit')
        const freshness = { ageSeconds, maxAgeSeconds, isStale }
        return { message: known?.message ?? new Uint8Array(), headers: new Metadata(), freshness }
      }
      if (ageSeconds < maxAgeSeconds) return kept(false)
      try {
        const { message, headers } = await upstream.call(method, request, metadata, options)
        if (message.byteLength <= MAX_BYTES)
          store.write(key, { storedAt: now(), message }, maxAgeSeconds + staleIfErrorSeconds)
        count('miss')
        return { message, headers, freshness: { ageSeconds: 0, maxAgeSeconds, isStale: false } }
      } catch (error) {
        if (isUnanswered(error) && ageSeconds < maxAgeSeconds + staleIfErrorSeconds) return kept(true)
        throw error
      }
    },
  }
}

const keyOf = (method: DescMethod, request: Uint8Array): string =>
  createHash('sha256').update(rpcPathOf(method)).update('\0').update(request).digest('base64url')

/** Also if the service itself says that it is unavailable. */
const isUnanswered = (error: unknown): boolean =>
  error instanceof UpstreamError && (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED)
