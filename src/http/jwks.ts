// Publishes the public keys at /.well-known/jwks.json (RFC 7517).
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { hasCurrent } from './etag.js'

/** Serves the keys with an ETag, to be cached for `maxAge` seconds. */
export function registerJwks(http: FastifyInstance, published: () => object[], maxAge: number): void {
  http.get('/.well-known/jwks.json', async (request, reply) => {
    const body = JSON.stringify({ keys: published() })
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
    void reply.headers({ 'cache-control': `public, max-age=${maxAge}`, etag })
    if (hasCurrent(request, etag)) return reply.code(304).send()
    return reply.type('application/json').send(body)
  })
}
