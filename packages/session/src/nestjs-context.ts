// Finds the request and the response of a NestJS handler: Express or Fastify, HTTP or GraphQL.
import type { Auth } from './auth.js'
import type { SessionError } from './errors.js'
import type { WithHeaders } from './index.js'

/** The part of Nest's ExecutionContext that is used. Declared here, so that the types fit several versions of Nest. */
export interface HandlerContext {
  /** `http`, `graphql`, `rpc` or `ws`. */
  getType(): string
  getArgByIndex(index: number): unknown
}

/** A request of Express or Fastify, with what the guards have found. */
interface HandlerRequest extends WithHeaders {
  auth?: Auth | undefined
  authError?: SessionError | undefined
}

/** A response of Express or Fastify. */
interface HandlerResponse {
  header(name: string, value: string): unknown
}

/** Whether the handler is called by a request with headers, not by a message. */
export const hasRequest = (context: HandlerContext): boolean => ['http', 'graphql'].includes(context.getType())

/** Throws a TypeError if there is no request: no token is not the same as no place to look for one. */
export function requestOf(context: HandlerContext): HandlerRequest {
  const type = context.getType()
  if (type === 'http') return context.getArgByIndex(0) as HandlerRequest
  if (type !== 'graphql')
    throw new TypeError(`The guards of @postern/session protect HTTP and GraphQL handlers, not "${type}"`)
  // Arguments of a resolver: parent, args, context. Mercurius has the request in its reply.
  const { req, request, reply } = (context.getArgByIndex(2) ?? {}) as Record<string, { request?: unknown } | undefined>
  const found = [req, request, reply?.request].find(isRequest)
  if (!found) throw new TypeError('The GraphQL context has no request. Return it from the option `context` as `req`.')
  return found
}

/** Sets headers of the response. In GraphQL, the error carries them. */
export function setHeaders(context: HandlerContext, headers: Readonly<Record<string, string>>): void {
  if (context.getType() !== 'http') return
  const response = context.getArgByIndex(1) as HandlerResponse
  for (const [name, value] of Object.entries(headers)) response.header(name, value)
}

const isRequest = (given: unknown): given is HandlerRequest =>
  typeof given === 'object' && given !== null && 'headers' in given && typeof given.headers === 'object'
