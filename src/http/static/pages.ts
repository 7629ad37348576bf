import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { createFileSender, readFiles } from './static-files.js'

/** Nothing from elsewhere, nothing inline; and no form is ever sent by the browser itself, with a password in its address. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** One document, which looks at its own address: the routes of web/app/src/routes.ts. */
const routes = ['/', '/sign-in', '/account']

/** From src/ and from dist/ alike. */
const built = fileURLToPath(new URL('../../../dist/web', import.meta.url))

/** Serves sign-up, sign-in and account. `directory` is the folder that scripts/build-web.mjs filled. */
export function registerPages(app: FastifyInstance, { directory = built }: { directory?: string } = {}): void {
  const files = readFiles(directory)
  if (!files.has('index.html')) throw new Error('The pages have not been built: run npm run build')
  const send = createFileSender(files, contentSecurityPolicy)

  for (const route of routes) {
    app.get(route, (request, reply) => send(request, reply, 'index.html'))
    if (route !== '/') app.get(`${route}/`, (_, reply) => reply.redirect(route, 308))
  }
  app.get('/favicon.svg', (request, reply) => send(request, reply, 'favicon.svg'))
  app.get<{ Params: { '*': string } }>('/assets/*', (request, reply) =>
    send(request, reply, `assets/${request.params['*']}`),
  )
}
