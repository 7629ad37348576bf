// Publishes the public keys at /.well-known/jwks.json (RFC 7517).
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

/** Serves the keys with an ETag, to be cached for `maxAge` seconds. Lists in If-None-Match count (RFC 9110, 13.1.2). */
export function registerJwks(http: FastifyInstance, published: () => object[], maxAge: number): void {
  http.get('/.well-known/jwks.json', async (request, reply) => {
    const body = JSON.stringify({ keys: published() })
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
    void reply.headers({ 'cache-control': `public, max-age=${maxAge}`, etag })
    const known = request.headers['if-none-match']?.split(',').map((item) => item.trim().replace(/^W\//, ''))
    if (known?.some((item) => item === etag || item === '*')) return reply.code(304).send()
    return reply.type('application/json').send(body)
  })
}
