// Decides from the head and the body of a request whether a plan may answer it.
import type { IncomingMessage } from 'node:http'
import { hasSeveralHosts, isHost } from '../request-head.js'

const MAX_BODY_BYTES = 8192

/** False for most requests that no plan answers, without a look at their headers. */
export const canBeKnown = ({ method, url }: IncomingMessage): boolean => method === 'POST' && url === '/graphql'

/**
 * The length of a request's body if Apollo Server is certain to accept the request's head; otherwise 0. `hostOf`: the host
 * that the client called.
 */
export function bodyLength(request: IncomingMessage, hostOf: (request: IncomingMessage) => string | undefined): number {
  if (!canBeKnown(request)) return 0
  const { headers } = request
  const { 'content-type': type } = headers
  if (type !== 'application/json' && !/^application\/json(; ?charset=utf-8)?$/i.test(type ?? '')) return 0
  if (!isHost(headers.host) || !isHost(hostOf(request)) || hasSeveralHosts(request)) return 0
  const length = Number(headers['content-length'])
  return length <= MAX_BODY_BYTES ? length : 0
}

/** Calls `done` at once if the body has arrived. */
export function readBody(request: IncomingMessage, length: number, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  let missing = length
  const add = (chunk: Buffer) => {
    chunks.push(chunk)
    missing -= chunk.length
    if (missing === 0) done(chunks.length === 1 ? chunk : Buffer.concat(chunks))
  }
  const first = request.read() as Buffer | null
  if (first?.length === length) return done(first)
  if (first !== null) add(first)
  request.on('data', add)
}

export interface GraphQLBody {
  query: string
  operationName?: string | null
  variables?: Record<string, unknown> | null
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null if Fastify or Apollo Server might refuse the body: they have an error of their own for each reason. */
export function parseBody(bytes: Buffer): GraphQLBody | null {
  const text = bytes.toString()
  // Keys that Fastify refuses, escapes that could hide them, and bytes that are not UTF-8.
  if (/__proto__|constructor|\\u|\ufffd/.test(text)) return null
  const body = parseJson(text)
  if (!isRecord(body)) return null
  const { query, operationName, variables, extensions } = body
  const isAccepted =
    typeof query === 'string' &&
    (operationName == null || typeof operationName === 'string') &&
    (variables == null || isRecord(variables)) &&
    (extensions == null || (isRecord(extensions) && !('persistedQuery' in extensions)))
  return isAccepted ? (body as unknown as GraphQLBody) : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
