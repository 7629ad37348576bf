// The push services that endpoints may belong to, each with a circuit breaker. Endpoints come from clients: without a list, anyone
// could have this service send requests to any host.
import type { Guard } from '@postern/service/breakers'

/** Those of Chrome, Chromium, Firefox, Safari and Edge. `*.` stands for any name in front. */
export const PUSH_SERVICES = [
  'fcm.googleapis.com',
  'jmt17.google.com',
  '*.push.services.mozilla.com',
  '*.push.apple.com',
  '*.notify.windows.com',
]

export interface PushServices {
  /** Undefined: the endpoint belongs to no push service of the list. */
  guardOf(endpoint: string): Guard | undefined
}

/**
 * `host`: with its port, unless that is 443. Another port of a known host need not belong to the push service, and one that never answers
 * would hold the places of other people's notifications.
 */
const matches = (host: string, pattern: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern

/** `patterns`: hosts as they stand in a URL, with a port if it is not 443. `guardFor` is called once for each of them. */
export function createPushServices(patterns: readonly string[], guardFor: (pattern: string) => Guard): PushServices {
  const guards = patterns.map((pattern) => ({ pattern, guard: guardFor(pattern) }))
  return {
    guardOf(endpoint) {
      const host = URL.parse(endpoint)?.host ?? ''
      return guards.find(({ pattern }) => matches(host, pattern))?.guard
    },
  }
}

/**
 * What is wrong with the endpoint of a subscription, as the end of a sentence, or null. Only known push services are called.
 * `urlProblem`: the same about any URL of a client.
 */
export const endpointProblemOf =
  (patterns: readonly string[], urlProblem: (url: string) => string | null) =>
  (endpoint: string): string | null => {
    const problem = urlProblem(endpoint)
    if (problem !== null) return problem
    const { host } = new URL(endpoint)
    return patterns.some((pattern) => matches(host, pattern)) ? null : 'must be that of a known push service'
  }
