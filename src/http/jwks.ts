import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

/** The public keys for validators (RFC 7517), to be kept for `maxAge` seconds. */
export function registerJwks(http: FastifyInstance, published: () => object[], maxAge: number): void {
  http.get('/.well-known/jwks.json', async (request, reply) => {
    const body = JSON.stringify({ keys: published() })
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
    void reply.headers({ 'cache-control': `public, max-age=${maxAge}`, etag })
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    return reply.type('application/json').send(body)
  })
}
