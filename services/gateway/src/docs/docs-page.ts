// Serves the documentation page at /docs: Swagger UI, from files of this machine only.
import { createReadStream, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasCurrent } from '@postern/service/etag'
import { packageFolder } from '@postern/service/package-folder'
import type { FastifyInstance } from 'fastify'

/** No inline scripts and styles, no eval, and nothing from another origin. Icons of Swagger UI are in its style sheet. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HTML = 'text/html; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'
const STYLES = 'text/css; charset=utf-8'

const own = fileURLToPath(new URL('docs-page', packageFolder(import.meta.url)))

/** The package that has only the files of Swagger UI that a page needs. swagger-ui-dist reports its installation. */
const swaggerUi = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static')

const FILES: readonly [path: string, type: string, file: string][] = [
  ['/docs', HTML, join(own, 'index.html')],
  ['/docs/page.js', SCRIPT, join(own, 'page.js')],
  ['/docs/page.css', STYLES, join(own, 'page.css')],
  ['/docs/swagger-ui-bundle.js', SCRIPT, join(swaggerUi, 'swagger-ui-bundle.js')],
  ['/docs/swagger-ui.css', STYLES, join(swaggerUi, 'swagger-ui.css')],
]

/** Throws if a file is missing. */
export function addDocsPage(http: FastifyInstance): void {
  // The links of the page are relative, so that it also works below a path of a proxy.
  http.get('/docs/', (_request, reply) => reply.redirect('../docs', 308))

  for (const [path, type, file] of FILES) {
    const { size, mtimeMs } = statSync(file)
    const etag = `W/"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`

    http.get(path, (request, reply) => {
      void reply
        .header('content-security-policy', CONTENT_SECURITY_POLICY)
        .header('etag', etag)
        .header('cache-control', 'no-cache')
      return hasCurrent(request, etag) ? reply.code(304).send() : reply.type(type).send(createReadStream(file))
    })
  }
}
