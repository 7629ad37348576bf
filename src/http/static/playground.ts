// Serves GraphiQL at /playground, built from web/playground.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageFolder } from '@postern/service/package-folder'
import type { FastifyInstance } from 'fastify'
import { createDocument, HTML, registerAssets } from './static-files.js'

/** Only same-origin resources and no inline script. Monaco and GraphiQL write their styles into the page themselves. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

interface PlaygroundOptions {
  /** Where the page sends its queries, on its own origin. */
  readonly endpoint: string
  /** The folder that tools/build/playground.mjs filled. */
  readonly directory?: string
}

const built = fileURLToPath(new URL('dist/playground', packageFolder(import.meta.url)))

/** Serves the playground. Throws when it is not built. */
export function registerPlayground(app: FastifyInstance, { endpoint, directory = built }: PlaygroundOptions): void {
  const page = join(directory, 'index.html')
  if (!existsSync(page)) throw new Error('The playground has not been built: run npm run build')
  const html = readFileSync(page, 'utf8').replace('data-endpoint="/graphql"', () => attributeOf(endpoint))
  const send = createDocument(html, HTML, contentSecurityPolicy)

  app.get('/playground', send)
  app.get('/playground/', send)
  registerAssets(app, { directory, prefix: '/playground/assets/', contentSecurityPolicy })
}

const attributeOf = (endpoint: string): string =>
  `data-endpoint="${endpoint.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`
