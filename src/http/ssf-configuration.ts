// Publishes how receivers of Shared Signals reach this service (SSF 1.0, section 7).
import type { FastifyInstance } from 'fastify'
import { POLL_METHOD, PUSH_METHOD } from '../services/signals/index.js'
import { type ErrorResponder, NO_SIGNALS } from './error-responses.js'
import { issuerPath, withoutSlash } from './issuer-url.js'
import { JWKS_PATH } from './jwks.js'
import { servePublicJson } from './public-json.js'
import { SIGNAL_PATHS } from './signals.js'

const PATH = '/.well-known/ssf-configuration'

/** Serves the document, to be cached for `maxAge` seconds, or says what the service lacks to have it. */
export function registerSsfConfiguration(
  http: FastifyInstance,
  hasSignals: boolean,
  { issuer, maxAge }: { issuer: string; maxAge: number },
  respond: ErrorResponder,
): void {
  if (!hasSignals) return void http.get(PATH, (request, reply) => respond(request, reply, NO_SIGNALS))
  const document = ssfConfiguration(issuer)
  for (const path of documentPaths(issuer)) servePublicJson(http, path, () => document, maxAge)
}

/** There are no endpoints for subjects: a stream has all users. */
function ssfConfiguration(issuer: string) {
  const at = (path: string) => withoutSlash(issuer) + path
  return {
    spec_version: '1_0',
    issuer,
    jwks_uri: at(JWKS_PATH),
    delivery_methods_supported: [PUSH_METHOD, POLL_METHOD],
    configuration_endpoint: at(SIGNAL_PATHS.configuration),
    status_endpoint: at(SIGNAL_PATHS.status),
    verification_endpoint: at(SIGNAL_PATHS.verification),
    // Bearer tokens, which an administrator hands out.
    authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
    default_subjects: 'ALL',
  }
}

/** SSF puts the name in front of the issuer's path. A proxy may remove the path, and some clients append the name. */
function documentPaths(issuer: string): Set<string> {
  const path = issuerPath(issuer)
  return new Set([PATH, `${PATH}${path}`, ...(path === '' ? [] : [`${PATH}${path}/`, `${path}${PATH}`])])
}
