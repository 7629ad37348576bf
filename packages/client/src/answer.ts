// Reads a response: its data, or the error it stands for.
import { PosternError, type FieldProblem, type PosternErrorCode, type PosternErrorReason } from './errors.js'

/** The first error of a response, if the service sent it. */
interface ServiceError {
  readonly message?: unknown
  readonly extensions?: {
    readonly code?: unknown
    readonly reason?: PosternErrorReason
    readonly fields?: unknown
    readonly retryAfter?: number
    readonly challenge?: string
    readonly requestId?: string
  }
}

const UNAVAILABLE = "Can't reach the service right now. Try again in a moment."
const BUSY = 'Too many requests. Try again in a moment.'
const REDIRECT = "The service's address redirects"
const FOREIGN = 'The response is not from the service.'

/** The data of a response. Throws a {@link PosternError} for everything else that a server or a proxy can send. */
export function dataOf({ status, headers, type, url }: Response, text: string): Record<string, unknown> {
  // Browsers hide the status and the target of a redirect.
  if (type === 'opaqueredirect' || (status >= 300 && status < 400))
    throw new PosternError('BAD_RESPONSE', { message: `${REDIRECT}${originOf(headers.get('location'), url)}.` })
  const { data, errors } = parse(text)
  const wait = headers.get('retry-after') ?? ''
  const details = {
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfter: /^\d+$/.test(wait) ? Number(wait) : undefined,
  }
  const error = Array.isArray(errors) ? (errors[0] as ServiceError | undefined) : undefined
  if (!error && typeof data === 'object' && data) return data as Record<string, unknown>

  const { message, extensions } = error ?? {}
  if (typeof message === 'string' && typeof extensions?.code === 'string') {
    const fields = Array.isArray(extensions.fields) ? (extensions.fields as FieldProblem[]) : []
    throw new PosternError(extensions.code as PosternErrorCode, { ...details, ...extensions, fields, message })
  }
  // A proxy's page, a gateway's error, or an empty response.
  if (status === 429) throw new PosternError('RATE_LIMITED', { ...details, message: BUSY })
  if (status >= 500) throw new PosternError('SERVICE_UNAVAILABLE', { ...details, message: UNAVAILABLE })
  throw new PosternError('BAD_RESPONSE', { ...details, message: `${FOREIGN} (HTTP ${status})` })
}

/** Only the origin: the rest of a redirect's target may be secret. */
const originOf = (target: string | null, base: string): string =>
  target && URL.canParse(target, base) ? ` to ${new URL(target, base).origin}` : ''

function parse(text: string): { data?: unknown; errors?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {}
  } catch {
    return {}
  }
}

/** A field that every response of the service contains. */
export function field<T>(data: Readonly<Record<string, T>>, name: string): NonNullable<T> {
  const value = data[name]
  if (value == null || value === '') throw new PosternError('BAD_RESPONSE', { message: FOREIGN })
  return value
}
