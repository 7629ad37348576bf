// What receivers of Shared Signals call: polls (RFC 8936) and the management API (SSF 1.0, section 8.1).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { bearerToken } from '@postern/contract/bearer'
import { ServiceError } from '@postern/service/errors'
import { parse } from '@postern/service/input/parse'
import { reportError, type RequestFactsStore } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import { receiverInputs as inputs } from '../schema/signals.inputs.js'
import type { ReceiverStream, SignalServices } from '../services/signals/index.js'
import { abortOnDisconnect } from './disconnects.js'
import { issuerPath, withoutSlash } from './issuer-url.js'

export const SIGNAL_PATHS = {
  configuration: '/ssf/streams',
  status: '/ssf/status',
  verification: '/ssf/verification',
  /** Followed by the id of a stream. */
  poll: '/ssf/poll',
}

const CALLS: ReadonlyMap<string, number> = new Map([['signals', 1]])

/** The status of an error, and its code: those of RFC 8935 where it has one. */
const ERRORS: Partial<Record<ServiceError['code'], [status: number, err: string]>> = {
  INVALID_INPUT: [400, 'invalid_request'],
  UNAUTHENTICATED: [401, 'authentication_failed'],
  FORBIDDEN: [403, 'access_denied'],
  NOT_FOUND: [404, 'not_found'],
  RATE_LIMITED: [429, 'rate_limited'],
}

interface Parts {
  signals: SignalServices
  issuer: string
  requestFacts: RequestFactsStore
  hooks: RequestHooks
  isStopping: () => boolean
}

export function registerSignals(
  http: FastifyInstance,
  { signals, issuer, requestFacts, hooks, isStopping }: Parts,
): void {
  const { receivers, polling } = signals
  const pollUrl = (id: string) => `${withoutSlash(issuer)}${SIGNAL_PATHS.poll}/${id}`

  /** The stream of the token. */
  async function streamOf(request: FastifyRequest): Promise<ReceiverStream> {
    const facts = requestFacts.of(request.raw)
    facts.calls = CALLS
    hooks.before(facts)
    // From here on the request may wait for signals: it is no operation in progress.
    hooks.after(facts)
    return receivers.authenticate(bearerToken(request.headers.authorization) ?? '')
  }

  function addRoutes(scope: FastifyInstance, prefix: string): void {
    const at = (name: keyof typeof SIGNAL_PATHS) => prefix + SIGNAL_PATHS[name]

    scope.get(at('configuration'), async (request, reply) => {
      const stream = await streamOf(request)
      const named = queried(request)
      if (named !== undefined) requireSame(stream, named)
      const configuration = receivers.configurationOf(stream, pollUrl(stream.id))
      return reply.send(named === undefined ? [configuration] : configuration)
    })

    scope.post(at('configuration'), async (request, reply) => {
      await streamOf(request)
      const description = 'The stream of this token exists: read it. An administrator creates others.'
      return reply.code(409).send({ err: 'conflict', description })
    })

    scope.route({
      method: ['PATCH', 'PUT', 'DELETE'],
      url: at('configuration'),
      async handler(request) {
        const { stream_id: inBody } = (request.body ?? {}) as { stream_id?: unknown }
        requireSame(await streamOf(request), request.method === 'DELETE' ? queried(request) : inBody)
        throw new ServiceError('FORBIDDEN', { message: 'An administrator changes and deletes streams.' })
      },
    })

    scope.get(at('status'), async (request, reply) => {
      const stream = await streamOf(request)
      requireSame(stream, queried(request))
      return reply.send(receivers.stateOf(stream))
    })

    scope.post(at('status'), async (request, reply) => {
      const stream = await streamOf(request)
      const { stream_id: named, status, reason } = parse(inputs.status, request.body)
      requireSame(stream, named)
      return reply.send(await receivers.setState(stream.id, status, reason ?? null))
    })

    scope.post(at('verification'), async (request, reply) => {
      const stream = await streamOf(request)
      const { stream_id: named, state } = parse(inputs.verification, request.body)
      requireSame(stream, named)
      await receivers.verify(stream.id, state ?? null)
      return reply.code(204).send()
    })

    scope.post(`${at('poll')}/:id`, async (request, reply) => {
      const stream = await streamOf(request)
      requireSame(stream, (request.params as { id: string }).id)
      if (stream.method !== 'poll')
        throw new ServiceError('FORBIDDEN', { message: 'This stream is pushed, not polled.' })
      const asked = parse(inputs.poll, request.body ?? {})
      const signal = abortOnDisconnect(reply.raw)
      return reply.send(await polling.poll(stream, asked, { signal, mustEnd: isStopping }))
    })
  }

  void http.register((scope, _, done) => {
    // The examples of SSF 1.0 have no Content-Type. A browser could send such a request, but not with a token.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => {
      try {
        parsed(null, JSON.parse(body as string))
      } catch {
        parsed(new ServiceError('INVALID_INPUT', { message: 'The request body is not valid JSON.' }))
      }
    })
    scope.addHook('onRequest', (_request, reply, next) => {
      void reply.header('cache-control', 'no-store')
      next()
    })
    scope.setErrorHandler((error, request, reply) => {
      const known = error instanceof ServiceError ? ERRORS[error.code] : undefined
      if (!known) throw error
      reportError(requestFacts.of(request.raw), (error as ServiceError).code)
      return sendError(reply, error as ServiceError, known)
    })
    for (const prefix of new Set(['', issuerPath(issuer)])) addRoutes(scope, prefix)
    done()
  })
}

const queried = ({ query }: FastifyRequest): unknown => (query as { stream_id?: unknown }).stream_id

/** Throws NOT_FOUND if the request names another stream than that of its token. */
function requireSame(stream: ReceiverStream, named: unknown): void {
  if (named !== stream.id)
    throw new ServiceError('NOT_FOUND', { message: 'This token has no stream with this stream_id.' })
}

function sendError(reply: FastifyReply, error: ServiceError, [status, err]: [number, string]): FastifyReply {
  const { message, fields, retryAfter } = error
  if (status === 401) void reply.header('www-authenticate', 'Bearer')
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter))
  const description = fields ? fields.map((field) => `${field.path}: ${field.message}`).join(' ') : message
  return reply.code(status).send({ err, description })
}
