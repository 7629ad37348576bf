// The rule for Host on routes that use cookies: the host decides which page is the service's own.
import type { onRequestHookHandler } from 'fastify'
import type { RequestFactsStore } from '@postern/service/requests/facts'
import { createErrorResponder, MALFORMED_HOST } from './error-responses.js'
import { isHost } from './request-head.js'

/**
 * Refuses a malformed Host, and a malformed one from a trusted proxy. A request without Host, which HTTP/1.0 permits, has
 * no own origin, but needs none if it does not use cookies.
 */
export function createHostRule(requestFacts: RequestFactsStore): onRequestHookHandler {
  const respond = createErrorResponder(requestFacts)
  const isValid = (host: string | undefined) => host === undefined || isHost(host)

  return (request, reply, done) => {
    const { headers } = request.raw
    const { host } = requestFacts.of(request.raw)
    if (!isValid(headers.host) || !isValid(host)) return void respond(request, reply, MALFORMED_HOST)
    // Fastify's plugins build URLs with it. Node refuses HTTP/1.1 without Host.
    headers.host ??= 'localhost'
    done()
  }
}
