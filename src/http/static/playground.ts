import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { createFileSender, fileOf, readFiles } from './static-files.js'

/** Nothing from elsewhere, and no inline script. Monaco and GraphiQL write their styles into the page themselves. */
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
  /** The folder that scripts/build-playground.mjs filled. */
  readonly directory?: string
}

/** From src/ and from dist/ alike. */
const built = fileURLToPath(new URL('../../../dist/playground', import.meta.url))

/** Serves GraphiQL at /playground. */
export function registerPlayground(app: FastifyInstance, options: PlaygroundOptions): void {
  const files = readFiles(options.directory ?? built)
  const page = files.get('index.html')
  if (!page) throw new Error('The playground has not been built: run npm run build')
  const html = page.body.toString().replace('data-endpoint="/graphql"', endpointOf(options))
  files.set('index.html', fileOf(Buffer.from(html)))
  const send = createFileSender(files, contentSecurityPolicy)

  app.get('/playground', (request, reply) => send(request, reply, 'index.html'))
  app.get<{ Params: { '*': string } }>('/playground/*', (request, reply) =>
    send(request, reply, request.params['*'] || 'index.html'),
  )
}

function endpointOf({ endpoint }: PlaygroundOptions): string {
  return `data-endpoint="${endpoint.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`
}
