// Which responses may be kept, and for how long: the option `cache` of an RPC.
import { type DescMethod, type DescService, getOption, hasOption } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt'
import { Access, access, cache } from '@postern/proto/common'
import { http } from '@postern/proto/http-rules'

export interface CachePolicy {
  /** How long a response is used without a call. */
  readonly maxAgeSeconds: number
  /** How much longer it is used while the service does not answer. */
  readonly staleIfErrorSeconds: number
}

/** The RPCs whose responses may be kept. */
export type CachePolicies = ReadonlyMap<DescMethod, CachePolicy>

export const cachePolicies = (services: readonly DescService[]): CachePolicies =>
  new Map(
    services.flatMap(({ methods }) =>
      methods.flatMap((method): [DescMethod, CachePolicy][] => {
        const policy = cachePolicyOf(method)
        return policy ? [[method, policy]] : []
      }),
    ),
  )

/**
 * Null if responses must not be kept, which is the default. Throws if the option contradicts the RPC: a response that depends
 * on the caller must never reach another caller.
 */
function cachePolicyOf(method: DescMethod): CachePolicy | null {
  if (!hasOption(method, cache)) return null
  const { maxAgeSeconds, staleIfErrorSeconds } = getOption(method, cache)
  const isPublic = getOption(method, access) === Access.PUBLIC
  const isRead = method.idempotency === Idempotency.NO_SIDE_EFFECTS && getOption(method, http).pattern.case === 'get'
  if (!isPublic || !isRead || maxAgeSeconds === 0)
    throw new TypeError(
      `${method.parent.typeName}.${method.name}: only a GET with ACCESS_PUBLIC and NO_SIDE_EFFECTS can have a cache, for at least 1 s`,
    )
  return { maxAgeSeconds, staleIfErrorSeconds }
}
