// Reads headers from the requests of all servers and frameworks.

/** Headers that are read by name: `Headers` of fetch, or the HeaderMap of Apollo Server. */
export interface HeaderList {
  get(name: string): string | null | undefined
  has(name: string): boolean
}

/** Headers as an object, as in `node:http`. Names may be in any case, as in the events of AWS Lambda. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request of `node:http`, Express, Fastify or fetch, or any other object with headers. Nothing else is read. */
export interface WithHeaders {
  readonly method?: string | undefined
  /** Of a fetch `Request`: names the host if there is no Host header. */
  readonly url?: string | undefined
  readonly headers: HeaderList | HeaderRecord
}

/** A request, or the `Headers` of one. */
export type AnyRequest = WithHeaders | HeaderList

/** What is read from a request. */
export interface RequestHeaders {
  readonly method: string | undefined
  /** The host that the client named. */
  readonly host: () => string | undefined
  /** The value of a header, whose name is given in lower case. Several values are joined, as fetch does. */
  readonly get: (name: string) => string | undefined
}

const EXPECTED =
  'Expected a request with headers: a fetch Request or Headers, a request of node:http, Express or Fastify, or an object ' +
  'with one as req or request'

/** Reads the headers of a request. Throws a TypeError for anything else, which would otherwise count as anonymous. */
export function readHeaders(given: unknown): RequestHeaders {
  const request = findRequest(given)
  if (!request) throw new TypeError(`${EXPECTED}. Received ${describe(given)}.`)
  const { headers } = request
  if (isList(headers)) {
    const get = (name: string) => headers.get(name) ?? undefined
    return { method: request.method, get, host: () => get('host') ?? hostOf(request.url) }
  }
  const get = (name: string) => valueOf(headers, name)
  // HTTP/2 has no Host header.
  return { method: request.method, get, host: () => get('host') ?? get(':authority') }
}

/** The request in what a framework gives to a context function: itself, `req` or `request`. Returns null if there is none. */
export function requestIn(given: unknown): WithHeaders | null {
  const { req, request } = (given ?? {}) as { req?: unknown; request?: unknown }
  return findRequest(given) ?? findRequest(req) ?? findRequest(request)
}

function findRequest(given: unknown): WithHeaders | null {
  // A request of Hono has the fetch Request as `raw`.
  return asRequest(given) ?? asRequest((given as { raw?: unknown } | null | undefined)?.raw)
}

function asRequest(given: unknown): WithHeaders | null {
  if (typeof given !== 'object' || given === null) return null
  const { headers } = given as { headers?: unknown }
  if (isList(headers) || isRecord(headers)) return given as WithHeaders
  // The context of Hono has `get` too, for its variables, but neither `has` nor an iterator.
  return headers === undefined && isList(given) ? { headers: given } : null
}

function isList(given: unknown): given is HeaderList {
  if (typeof given !== 'object' || given === null) return false
  const { get, has } = given as { get?: unknown; has?: unknown }
  return typeof get === 'function' && typeof has === 'function' && Symbol.iterator in given
}

/** A plain object, or one of a class that has headers. A promise or a list would look like a request without headers. */
function isRecord(given: unknown): given is HeaderRecord {
  if (typeof given !== 'object' || given === null || Symbol.iterator in given) return false
  const prototype = Object.getPrototypeOf(given) as object | null
  // By its prototype's prototype, because objects of another realm have another Object.prototype.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  return isPlain || Object.keys(given).length > 0
}

function valueOf(headers: HeaderRecord, name: string): string | undefined {
  let value = headers[name]
  if (value === undefined) {
    const isSame = (key: string) => key.length === name.length && key.toLowerCase() === name
    const key = Object.keys(headers).find((other) => isSame(other) && headers[other] !== undefined)
    value = key === undefined ? undefined : headers[key]
  }
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(name === 'cookie' ? '; ' : ', ')
  return typeof value === 'string' ? value : undefined
}

const hostOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).host : undefined

/** Names the kind of a value and none of its content, which could be a token. */
function describe(given: unknown): string {
  if (given === null || given === undefined) return String(given)
  if (typeof given !== 'object') return `a ${typeof given}`
  if (typeof (given as { then?: unknown }).then === 'function') return 'a promise: await it first'
  return Array.isArray(given) ? 'an array' : 'an object without headers'
}
