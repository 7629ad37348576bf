// Reads the JSON of a request body.
import type { FastifyRequest } from 'fastify'
import { badRequest } from '../http/failure.js'

/** Unlike the default, refuses what is no UTF-8. A byte order mark is skipped. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*;?$/i

/** A JSON text and its value. Null if the request has no body. Throws a Failure for what is no JSON. */
export function readJson(request: FastifyRequest): { readonly text: string; readonly value: unknown } | null {
  const body = request.body as Buffer | undefined
  if (!body || body.length === 0) return null
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers
  if (!JSON_TYPE.test(type)) throw badRequest('Send the request body as application/json.', 415)
  if (encoding.toLowerCase() !== 'identity') throw badRequest('Send the request body without compression.', 415)
  try {
    const text = utf8.decode(body)
    return { text, value: JSON.parse(text) as unknown }
  } catch {
    throw badRequest('The request body is not valid JSON in UTF-8.')
  }
}
