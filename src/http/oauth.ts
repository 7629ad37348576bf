// Where browsers begin and end a sign-in at a provider: /oauth/<provider>/start and /oauth/<provider>/callback.
import { ACCESS_COOKIE, DEVICE_COOKIE, readCookie, REFRESH_COOKIE } from '@postern/contract/cookies'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ServiceError } from '@postern/service/errors'
import type { Logger } from '@postern/service/logger'
import { networkOf } from '@postern/service/networks'
import { reportError, type RequestFacts, type RequestFactsStore } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import { returnTarget } from '../platform/return-target.js'
import type { Services } from '../resolvers/index.js'
import type { Client } from '../services/sessions/index.js'
import { signedInCookies } from './cookies.js'
import { abortOnDisconnect } from './disconnects.js'
import { oauthCookie, readOAuthCookie } from './oauth-cookie.js'
import { placeAfter, signInPage } from './oauth-redirects.js'

interface Parts {
  services: Pick<Services, 'accounts' | 'oauth' | 'limits' | 'sessions'>
  config: Pick<Config, 'ALLOWED_ORIGINS' | 'WEB'>
  requestFacts: RequestFactsStore
  hooks: RequestHooks
  logger: Logger
  clock: Clock
}

type Query = Readonly<Record<string, unknown>>

/** One value. Of several with one name, none: what stands in front may read another one. */
const textOf = (query: Query, name: string): string | null => {
  const value = query[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** Only what a person does: no image, frame, script or prefetch begins or ends a sign-in. */
function isNavigation({ headers }: FastifyRequest): boolean {
  const { 'sec-fetch-mode': mode = 'navigate', 'sec-fetch-dest': destination = 'document' } = headers
  return mode === 'navigate' && destination === 'document' && headers['sec-purpose'] === undefined
}

/** From a page of the service, of a frontend, or from the person: an address, a bookmark, or a browser that does not say. */
function isFromHere({ headers }: FastifyRequest, allowedOrigins: readonly string[]): boolean {
  const { 'sec-fetch-site': site = 'none', referer = '' } = headers
  return ['none', 'same-origin'].includes(String(site)) || allowedOrigins.includes(URL.parse(referer)?.origin ?? '')
}

const startedElsewhere = () =>
  new ServiceError('FORBIDDEN', {
    message: 'Another site has opened this address. Start on the page that you sign in on.',
  })

export function registerOAuth(http: FastifyInstance, parts: Parts): void {
  const { services, config, requestFacts, hooks, logger, clock } = parts
  const { flows } = services.oauth
  const { earlier } = services.sessions
  const { terms } = services.accounts

  /** Runs one operation of a request as /graphql would: with its limits, and as one in progress. */
  async function operation(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    work: (facts: RequestFacts) => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    const facts = requestFacts.of(request.raw)
    facts.calls = new Map([[name, 1]])
    void reply.header('cache-control', 'no-store')
    if (!isNavigation(request)) throw new ServiceError('FORBIDDEN', { message: 'Open this address in a browser.' })
    hooks.before(facts)
    try {
      await services.limits.calls.count(name, 'ADDRESS', networkOf(facts.address))
      return await work(facts)
    } finally {
      hooks.after(facts)
    }
  }

  const clientOf = (request: FastifyRequest, reply: FastifyReply, facts: RequestFacts): Client => ({
    ipAddress: facts.address.slice(0, 45) || null,
    userAgent: request.headers['user-agent']?.slice(0, 255) ?? null,
    requestId: facts.requestId,
    signal: abortOnDisconnect(reply.raw),
    // The browser comes back from elsewhere, with its cookies.
    provenKey: () => Promise.resolve(null),
  })

  /** Unexpected errors have the handler of all routes. */
  function report(error: unknown, facts: RequestFacts): ServiceError {
    if (!(error instanceof ServiceError)) throw error
    const { code, cause } = error
    if (code === 'SERVICE_UNAVAILABLE' && cause)
      logger.warn({ requestId: facts.requestId, err: cause }, 'dependency unavailable')
    // Without the pages, the handler of all routes reports it.
    if (!config.WEB) throw error
    reportError(facts, code)
    return error
  }

  http.get<{ Params: { provider: string }; Querystring: Query }>('/oauth/:provider/start', (request, reply) =>
    operation(request, reply, 'initiateOAuth', async (facts) => {
      const { cookie } = request.headers
      const target = returnTarget(textOf(request.query, 'return_to'), {
        ...{ host: facts.host ?? '', allowedOrigins: config.ALLOWED_ORIGINS },
      })
      if (!isFromHere(request, config.ALLOWED_ORIGINS)) {
        // Where the provider asks nothing, a page elsewhere would start a session. On the sign-in page, the person decides.
        if (config.WEB) return reply.redirect(signInPage(target), 303)
        if (request.headers['sec-fetch-user'] !== '?1') throw startedElsewhere()
      }
      const isFresh = textOf(request.query, 'prompt') === 'login'
      // A page that was opened before the terms changed: the account asks for the current ones.
      const accepted = textOf(request.query, 'terms')
      const termsVersion = terms.isCurrent(accepted) ? accepted : null
      try {
        const replaces = await earlier.find({
          ...{ accessToken: readCookie(cookie, ACCESS_COOKIE), refreshToken: readCookie(cookie, REFRESH_COOKIE) },
          dpopKey: null,
        })
        const present = readOAuthCookie(cookie)?.binding ?? null
        const options = { viaService: true, present, isFresh, replaces, termsVersion }
        const { provider } = request.params
        const { authorizationUrl, binding } = await flows.beginSignIn(provider, target ?? '/account', options)
        const kept = oauthCookie({ binding, deviceToken: readCookie(cookie, DEVICE_COOKIE) ?? '' })
        return await reply.header('set-cookie', kept).redirect(authorizationUrl, 303)
      } catch (error) {
        const place = placeAfter({ purpose: 'SIGN_IN', returnTo: target, session: null, error: report(error, facts) })
        return reply.redirect(place, 303)
      }
    }),
  )

  http.get<{ Params: { provider: string }; Querystring: Query }>('/oauth/:provider/callback', (request, reply) =>
    operation(request, reply, 'completeOAuth', async (facts) => {
      const { query, params, headers } = request
      const kept = readOAuthCookie(headers.cookie)
      const isError = query['error'] !== undefined
      const result = await flows.callback(
        {
          provider: params.provider,
          state: textOf(query, 'state') ?? '',
          code: isError ? null : textOf(query, 'code'),
          iss: textOf(query, 'iss'),
        },
        kept?.binding ?? null,
        clientOf(request, reply, facts),
        kept?.deviceToken ?? '',
      )
      const error = result.error === null ? null : report(result.error, facts)
      if (result.session) {
        facts.userId = result.session.user.id
        void reply.header('set-cookie', signedInCookies(result.session, clock))
      }
      return reply.redirect(placeAfter({ ...result, error }), 303)
    }),
  )
}
