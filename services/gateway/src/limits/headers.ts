// The headers that say how much of a limit is left (draft-ietf-httpapi-ratelimit-headers-11).
import type { Usage } from './counter.js'

const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

/** Names are words of the schema, which need no escape in a String of RFC 9651. */
export function limitHeaders(usages: readonly Usage[]): Record<string, string> {
  if (usages.length === 0) return {}
  return {
    'ratelimit-policy': usages
      .map(({ policy: { name, limit, seconds } }) => `"${name}";q=${limit};w=${seconds}`)
      .join(', '),
    ratelimit: usages
      .map(({ policy: { name }, remaining, resetMs }) => `"${name}";r=${remaining};t=${secondsOf(resetMs)}`)
      .join(', '),
  }
}

/** When the last of these limits allows a request again, in seconds. */
export const retryAfterOf = (usages: readonly Usage[]): number =>
  Math.max(...usages.map(({ resetMs }) => secondsOf(resetMs)))
