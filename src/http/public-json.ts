// Serves a public JSON document that clients cache.
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { hasCurrent } from '@postern/service/etag'

/** Serves what `read` returns at `path` with an ETag, to be cached for `maxAge` seconds. */
export function servePublicJson(http: FastifyInstance, path: string, read: () => object, maxAge: number): void {
  http.get(path, async (request, reply) => {
    const body = JSON.stringify(read())
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
    void reply.headers({ 'cache-control': `public, max-age=${maxAge}`, etag })
    if (hasCurrent(request, etag)) return reply.code(304).send()
    return reply.type('application/json').send(body)
  })
}
