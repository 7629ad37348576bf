// Publishes where the issuer's keys are (OpenID Connect Discovery 1.0, RFC 8414), for libraries that know only the issuer.
import type { FastifyInstance } from 'fastify'
import { NOT_DISCOVERABLE, type ErrorResponder } from './error-responses.js'
import { issuerPath, isUrl, withoutSlash } from './issuer-url.js'
import { JWKS_PATH } from './jwks.js'
import { servePublicJson } from './public-json.js'

const DOCUMENTS = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']

/** Serves the documents, to be cached for `maxAge` seconds, or says what the service lacks to have them. */
export function registerDiscovery(
  http: FastifyInstance,
  publishesKeys: boolean,
  { issuer, maxAge }: { issuer: string; maxAge: number },
  respond: ErrorResponder,
): void {
  if (!publishesKeys || !isUrl(issuer)) {
    for (const path of DOCUMENTS) http.get(path, (request, reply) => respond(request, reply, NOT_DISCOVERABLE))
    return
  }
  const document = discoveryDocument(issuer)
  for (const path of documentPaths(issuer)) servePublicJson(http, path, () => document, maxAge)
}

/** The first two members are for validators. The standards require the others. ADR 23 has the reasons for their values. */
const discoveryDocument = (issuer: string) => ({
  issuer,
  jwks_uri: withoutSlash(issuer) + JWKS_PATH,
  response_types_supported: ['none'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
})

/** OpenID Connect appends the name to the issuer's path, RFC 8414 puts it in front, and some clients mix the two. */
function documentPaths(issuer: string): Set<string> {
  const path = issuerPath(issuer)
  return new Set(
    DOCUMENTS.flatMap((document) => [
      document,
      `${path}${document}`,
      // Some keep the slash at the end of the issuer.
      ...(path === '' ? [] : [`${document}${path}`, `${document}${path}/`]),
    ]),
  )
}
