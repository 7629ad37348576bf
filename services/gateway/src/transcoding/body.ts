// Reads the JSON of a request body.
import type { FastifyRequest } from 'fastify'
import { badRequest, Failure } from '../http/failure.js'

/** Unlike the default, refuses what is no UTF-8. A byte order mark is skipped. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

const typeOf = (name: string): RegExp => new RegExp(`^application/${name}(?:\\s*;\\s*charset="?utf-8"?)?\\s*;?$`, 'i')

const JSON_TYPE = typeOf('json')

/** RFC 7396: what the JSON of a PATCH means in any case. */
const PATCH_TYPE = typeOf('merge-patch\\+json')

/** RFC 5789: of a response header. */
export const PATCH_TYPES = 'application/merge-patch+json, application/json'

const JSON_ONLY = { accept: 'application/json' }

/** RFC 9110 section 15.5.16: `headers` say what is supported. */
const unsupported = (message: string, headers: Readonly<Record<string, string>>): Failure =>
  new Failure({ ...badRequest(message, 415).parts, headers })

/** A JSON text and its value. Null if the request has no body. Throws a Failure for what is no JSON. */
export function readJson(request: FastifyRequest): { readonly text: string; readonly value: unknown } | null {
  const body = request.body as Buffer | undefined
  if (!body || body.length === 0) return null
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers
  const isPatch = request.method === 'PATCH'
  if (!JSON_TYPE.test(type) && !(isPatch && PATCH_TYPE.test(type)))
    throw unsupported(
      'Send the request body as application/json.',
      isPatch ? { 'accept-patch': PATCH_TYPES } : JSON_ONLY,
    )
  if (encoding.toLowerCase() !== 'identity')
    throw unsupported('Send the request body without compression.', { 'accept-encoding': 'identity' })
  try {
    const text = utf8.decode(body)
    return { text, value: JSON.parse(text) as unknown }
  } catch {
    throw badRequest('The request body is not valid JSON in UTF-8.')
  }
}
