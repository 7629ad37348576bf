// Publishes the public keys at /.well-known/jwks.json (RFC 7517).
import type { FastifyInstance } from 'fastify'
import { issuerPath } from './issuer-url.js'
import { servePublicJson } from './public-json.js'

export const JWKS_PATH = '/.well-known/jwks.json'

/** Serves the keys, to be cached for `maxAge` seconds. Also below the path of the issuer, where discovery finds them. */
export function registerJwks(
  http: FastifyInstance,
  published: () => object[],
  { issuer, maxAge }: { issuer: string; maxAge: number },
): void {
  for (const path of new Set([JWKS_PATH, issuerPath(issuer) + JWKS_PATH]))
    servePublicJson(http, path, () => ({ keys: published() }), maxAge)
}
