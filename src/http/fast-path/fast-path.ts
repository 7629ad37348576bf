import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ExecutionResult, GraphQLError } from 'graphql'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import { AuthError } from '../../platform/errors.js'
import type { RequestHooks } from '../request-hooks.js'
import { createHotOperations, type ValidOperation } from './compiled-queries.js'
import type { FlatHeaders } from '../security-headers.js'
import { isHost, requestIdOf } from '../request-head.js'

/** Bytes of a body, and how many Accept headers are remembered. */
const MAX_BODY = 8192
const MAX_ACCEPTS = 100

/** Milliseconds for which everything goes to Apollo Server after something was away: it would all be asked twice. */
const REST = 1000

export type HandOver = (request: IncomingMessage, response: ServerResponse) => void

interface Options {
  hooks: RequestHooks
  /** What every answer carries. */
  headersOf: (origin: string | undefined) => FlatHeaders
}

export type HotPath = ReturnType<typeof createHotPath>

/**
 * Answers from their second use on, by graphql-jit and in front of Fastify and Apollo Server, the operations that touch
 * nothing but fields marked `@hot` (docs/adr/0009). It answers what is certain to be right, and hands over the rest:
 * whatever Apollo Server has not answered before, and every error.
 */
export function createHotPath({ hooks, headersOf }: Options) {
  const operations = createHotOperations()
  /** The content type that Apollo Server chose for each Accept header. */
  const contentTypes = new LRUCache<string, string>({ max: MAX_ACCEPTS })
  /** What was read of requests that were handed over afterwards. */
  const bodies = new WeakMap<IncomingMessage, Buffer>()
  let restUntil = 0

  /** Answers and resolves to true, or has sent nothing. Rejects when a hook refuses. */
  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    startedAt: number,
  ): Promise<boolean> {
    const { headers } = request
    const asked = parseBody(body)
    const execute = asked && operations.find(asked.query, asked.operationName)
    const contentType = contentTypes.get(headers.accept ?? '')
    if (!execute || contentType === undefined) return false

    const facts = { requestId: requestIdOf(headers), method: 'POST', route: '/graphql' }
    hooks.enter(facts)
    let result: ExecutionResult
    try {
      result = await execute(undefined, NOBODY, asked.variables ?? {})
    } finally {
      hooks.leave(facts)
    }
    const { data, errors } = result
    if (errors !== undefined) {
      if (errors.some(isOutage)) restUntil = performance.now() + REST
      return false
    }
    const text = `${JSON.stringify({ data })}\n`
    response.writeHead(200, [
      ...['x-request-id', facts.requestId, 'cache-control', 'no-store', 'content-type', contentType],
      ...headersOf(headers.origin),
      ...['content-length', String(Buffer.byteLength(text))],
    ])
    response.end(text)
    hooks.answered(facts, { status: 200, milliseconds: performance.now() - startedAt, by: 'hot' })
    return true
  }

  return {
    /** To be told of each operation that Apollo Server is about to execute. */
    learnOperation: (valid: ValidOperation): void => operations.learn(valid),

    /** To be told of each answer of Apollo Server, before it is sent. */
    learnContentType({ raw }: FastifyRequest, reply: FastifyReply): void {
      const contentType = reply.getHeader('content-type')
      if (reply.statusCode === 200 && hotLength(raw) > 0 && typeof contentType === 'string')
        contentTypes.set(raw.headers.accept ?? '', contentType)
    },

    /** Takes every request to the server, and calls `handOver` with those that it does not answer. */
    handle(request: IncomingMessage, response: ServerResponse, handOver: HandOver): void {
      const length = hotLength(request)
      const startedAt = performance.now()
      if (length === 0 || startedAt < restUntil) return handOver(request, response)
      readBody(request, length, (body) => {
        const leave = () => {
          bodies.set(request, body)
          handOver(request, response)
        }
        void answer(request, response, body, startedAt).then((isAnswered) => isAnswered || leave(), leave)
      })
    },

    /** The body of a request that was handed over after it had been read. */
    bodyOf: (request: IncomingMessage): Buffer | undefined => bodies.get(request),
  }
}

const isOutage = ({ originalError }: GraphQLError): boolean =>
  originalError instanceof AuthError && originalError.code === 'SERVICE_UNAVAILABLE'

/** What a marked field gets for a context: it answers alike whoever asks. One that looks is an error, so Apollo's. */
const NOBODY = new Proxy(
  {},
  {
    get() {
      throw new Error('a field marked @hot must not look at who asks')
    },
  },
)

/** The bytes of a request's body, where its head is one that Apollo Server takes for certain; else 0. */
function hotLength({ method, url, headers }: IncomingMessage): number {
  if (method !== 'POST' || url !== '/graphql') return 0
  const { 'content-type': type } = headers
  if (type !== 'application/json' && !/^application\/json(; ?charset=utf-8)?$/i.test(type ?? '')) return 0
  const { host, 'x-forwarded-host': forwarded } = headers
  if (!isHost(host) || (forwarded !== undefined && !isHost(String(forwarded)))) return 0
  const length = Number(headers['content-length'])
  return length <= MAX_BODY ? length : 0
}

function readBody(request: IncomingMessage, length: number, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  let missing = length
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    missing -= chunk.length
    if (missing === 0) done(chunks.length === 1 ? chunk : Buffer.concat(chunks))
  })
}

interface HotBody {
  query: string
  operationName?: string | null
  variables?: Record<string, unknown> | null
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A body that Fastify and Apollo Server take for certain; they have an error of their own for each way to be none. */
function parseBody(bytes: Buffer): HotBody | null {
  const text = bytes.toString()
  // Keys that Fastify refuses, escapes that could hide them, and bytes that were no UTF-8.
  if (/__proto__|constructor|\\u|\ufffd/.test(text)) return null
  const body = parseJson(text)
  if (!isRecord(body)) return null
  const { query, operationName, variables, extensions } = body
  const isFine =
    typeof query === 'string' &&
    (operationName == null || (typeof operationName === 'string' && operationName !== '')) &&
    (variables == null || isRecord(variables)) &&
    (extensions == null || (isRecord(extensions) && !('persistedQuery' in extensions)))
  return isFine ? (body as unknown as HotBody) : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
