// Serves what a build wrote: documents from memory, and the assets they name with @fastify/static.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasCurrent } from '@postern/service/etag'

export const HTML = 'text/html; charset=utf-8'
const YEAR_MS = 365 * 86_400 * 1000

interface AssetsOptions {
  /** The folder with the built `assets/`. */
  readonly directory: string
  /** The path that `assets/` has in the browser, such as `/assets/`. */
  readonly prefix: string
  readonly contentSecurityPolicy: string
}

/** Serves files whose names carry a hash of their content, compressed where the build left a compressed copy. */
export function registerAssets(app: FastifyInstance, options: AssetsOptions): void {
  const { directory, prefix, contentSecurityPolicy } = options
  // The other security headers are those of every response: security-headers.ts.
  const headers = { 'content-security-policy': contentSecurityPolicy, vary: 'Accept-Encoding, Origin' }
  void app.register(async (scope) => {
    // Until a file is found. During a rollout, one version lacks the assets of the other: no cache may keep that 404.
    scope.addHook('onRequest', (_, reply, done) => {
      void reply.header('cache-control', 'no-store')
      done()
    })
    scope.addHook('onSend', (_, reply, payload, done) => {
      void reply.headers(headers)
      // RFC 9239, section 6: the only type of JavaScript that is not obsolete.
      if (String(reply.getHeader('content-type')).startsWith('application/javascript'))
        void reply.type('text/javascript; charset=utf-8')
      done(null, payload)
    })
    await scope.register(fastifyStatic, {
      root: join(directory, 'assets'),
      prefix,
      decorateReply: false,
      // One route per file that exists at start: no path of a request ever reaches the file system.
      wildcard: false,
      index: false,
      globIgnore: ['**/*.br', '**/*.gz'],
      preCompressed: true,
      immutable: true,
      maxAge: YEAR_MS,
      lastModified: false,
    })
    scope.get(`${prefix}*`, (_, reply) => {
      reply.callNotFound()
      return reply
    })
  })
}

/**
 * Sends one document, which browsers keep but revalidate. Its ETag hashes the content: @fastify/static takes size and time
 * of modification, and those are equal for two builds of an image with normalized times.
 */
export function createDocument(body: Buffer | string, contentType: string, contentSecurityPolicy: string) {
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = { 'content-security-policy': contentSecurityPolicy, 'cache-control': 'no-cache', etag }
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    void reply.headers(headers)
    return hasCurrent(request, etag) ? reply.code(304).send() : reply.type(contentType).send(body)
  }
}
