import { readdirSync, readFileSync } from 'node:fs'
import { extname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyReply } from 'fastify'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

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
const built = fileURLToPath(new URL('../dist/playground', import.meta.url))

/** Serves GraphiQL at /playground. All files are read here, once: a look-up in a map cannot leave its folder. */
export function registerPlayground(app: FastifyInstance, options: PlaygroundOptions): void {
  const files = readFiles(options.directory ?? built)
  const page = files.get('index.html')
  if (!page) throw new Error('The playground has not been built: run npm run build')
  files.set('index.html', Buffer.from(page.toString().replace('data-endpoint="/graphql"', endpointOf(options))))

  app.get('/playground', (_request, reply) => send(reply, 'index.html', files))
  app.get<{ Params: { '*': string } }>('/playground/*', (request, reply) =>
    send(reply, request.params['*'] || 'index.html', files),
  )
}

function readFiles(directory: string): Map<string, Buffer> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    entries.map((entry) => {
      const path = `${entry.parentPath}${sep}${entry.name}`
      return [relative(directory, path).replaceAll(sep, '/'), readFileSync(path)]
    }),
  )
}

function endpointOf({ endpoint }: PlaygroundOptions): string {
  return `data-endpoint="${endpoint.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`
}

function send(reply: FastifyReply, name: string, files: ReadonlyMap<string, Buffer>): FastifyReply {
  const body = files.get(name)
  if (!body) {
    reply.callNotFound()
    return reply
  }
  return reply
    .headers({
      'content-type': contentTypes[extname(name)] ?? 'application/octet-stream',
      // Everything below assets/ carries a hash of its content in its name.
      'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    .send(body)
}
