// The headers of responses.
import type { Schema } from './schemas.ts'

const integer = (description: string): Schema => ({ description, schema: { type: 'integer', minimum: 0 } })
const text = (description: string): Schema => ({ description, schema: { type: 'string' } })

/** All of them, by the names that responses refer to. */
export const headers: Record<string, Schema> = {
  'X-Request-Id': text('The id of the request in logs and traces. Send your own as `X-Request-Id` to choose it.'),
  RateLimit: text(
    'For each limit its name, how many requests are left (`r`), and when it starts anew (`t`, in seconds).',
  ),
  'RateLimit-Policy': text('For each limit its name, and how many requests it allows (`q`) in how many seconds (`w`).'),
  'Retry-After': integer('In how many seconds the next attempt can succeed.'),
  'WWW-Authenticate': text('Which proof of the caller the request lacks: `Bearer` or `DPoP` (RFC 9449).'),
  'DPoP-Nonce': text('The nonce that the next DPoP proof must contain.'),
}

const references = (...names: string[]): Schema =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

/** Of every response. */
export const ANSWER_HEADERS = references('X-Request-Id', 'RateLimit', 'RateLimit-Policy')

/** Of the error responses with this status. */
export function headersOfProblem(status: number): Schema {
  if (status === 401) return { ...ANSWER_HEADERS, ...references('WWW-Authenticate', 'DPoP-Nonce') }
  return status === 429 || status === 503 ? { ...ANSWER_HEADERS, ...references('Retry-After') } : ANSWER_HEADERS
}
