// Serves the pages for people: sign-up, sign-in, account and console, built from web/app.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageFolder } from '@postern/service/package-folder'
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { returnTarget } from '../../platform/return-target.js'
import { type Branding, brandedPage, foreignLogo, STYLESHEET } from './branding.js'
import { stylesheetOf } from './colors.js'
import { createDocument, HTML, registerAssets } from './static-files.js'

/**
 * Only same-origin resources and those of the captcha, nothing inline. No native form submission: it could put a password
 * into an address.
 */
const policyWith = (captcha: readonly string[], images: readonly string[]): string => {
  const sources = ["'self'", ...captcha].join(' ')
  return [
    "default-src 'none'",
    `script-src ${sources}`,
    `style-src ${sources}`,
    `connect-src ${sources}`,
    ...(captcha.length > 0 ? [`frame-src ${captcha.join(' ')}`] : []),
    `img-src ${["'self'", ...images].join(' ')}`,
    "font-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** One document, which reads its own address: the routes of web/app/src/routes.ts. */
const routes = [
  ...['/', '/sign-in', '/account', '/forgot-password', '/reset-password', '/verify-email', '/change-email'],
  ...['/keep-account', '/data-export'],
  ...['/admin', '/admin/usernames', '/admin/webhooks', '/admin/audit'],
]
/** Pages about one thing, with its id. */
const routesWithIds = ['/admin/users/:id(^[0-9a-f-]+$)', '/admin/webhooks/:id(^[0-9a-f-]+$)']

const SCRIPT = 'text/javascript; charset=utf-8'

const built = fileURLToPath(new URL('dist/web', packageFolder(import.meta.url)))

interface PagesOptions {
  /** Where people may be sent after signing in, besides the service's own origin. */
  readonly allowedOrigins?: readonly string[]
  /** The origins that a captcha loads from. */
  readonly captchaOrigins?: readonly string[]
  /** Name, logo and colors of the operator. */
  readonly branding?: Branding
  /** The host that the browser called. */
  readonly hostOf?: (request: IncomingMessage) => string | undefined
  /** The folder that tools/build/pages.mjs filled. */
  readonly directory?: string
}

/** Serves the pages, and redirects people back to where they came from. Throws when the pages are not built. */
export function registerPages(app: FastifyInstance, options: PagesOptions = {}): void {
  const { allowedOrigins = [], captchaOrigins = [], branding, hostOf = hostHeader, directory = built } = options
  const contentSecurityPolicy = policyWith(captchaOrigins, foreignLogo(branding))
  const page = branding ? brandedPage(read(directory, 'index.html'), branding) : read(directory, 'index.html')
  const sendPage = createDocument(page, HTML, contentSecurityPolicy)
  const sendIcon = createDocument(read(directory, 'favicon.svg'), 'image/svg+xml', contentSecurityPolicy)

  const sendWorker = createDocument(read(directory, 'push-worker.js'), SCRIPT, contentSecurityPolicy)

  for (const route of routes) {
    app.get(route, sendPage)
    if (route !== '/') app.get(`${route}/`, (_, reply) => reply.redirect(route, 308))
  }
  for (const route of routesWithIds) app.get(route, sendPage)
  app.get('/favicon.svg', sendIcon)
  // Not among the assets, because it works for what is below its path.
  app.get('/push-worker.js', sendWorker)
  if (branding?.accentColor)
    app.get(
      STYLESHEET,
      createDocument(stylesheetOf(branding.accentColor), 'text/css; charset=utf-8', contentSecurityPolicy),
    )
  registerAssets(app, { directory, prefix: '/assets/', contentSecurityPolicy })

  app.get<{ Querystring: { to?: unknown } }>('/return', (request, reply) => {
    const target = returnTarget(request.query.to, { host: hostOf(request.raw) ?? '', allowedOrigins })
    return reply.header('cache-control', 'no-store').redirect(target ?? '/account', 303)
  })

  // A person at an unknown address gets a page, a program the API's JSON.
  app.get('/*', (request, reply) => {
    if (/\btext\/html\b/i.test(request.headers.accept ?? '')) {
      const headers = { 'content-security-policy': contentSecurityPolicy, 'cache-control': 'no-store' }
      return reply.code(404).headers(headers).type(HTML).send(page)
    }
    reply.callNotFound()
    return reply
  })
}

const hostHeader = ({ headers }: IncomingMessage) => headers.host

function read(directory: string, name: string): Buffer {
  try {
    return readFileSync(join(directory, name))
  } catch (cause) {
    throw new Error('The pages have not been built: run npm run build', { cause })
  }
}
