// Turns errors of the client into sentences for people.
import type { FieldProblem, PosternError, PosternErrorCode } from '@postern/client'

const sentences: Partial<Record<PosternErrorCode, string>> = {
  NETWORK_ERROR: "Can't reach the service. Check your connection. Nothing you typed is lost.",
  TIMEOUT: 'The service took too long to answer. Nothing you typed is lost. Try again.',
  BAD_RESPONSE: 'The service is unavailable. Nothing you typed is lost. Try again in a moment.',
  SERVICE_UNAVAILABLE: 'The service is unavailable. Nothing you typed is lost. Try again in a moment.',
  INTERNAL_SERVER_ERROR: 'Something went wrong on our side.',
}

/** Our own sentence where there is one, otherwise the service's. A bug comes with the request id, to find it in the log. */
export function sentenceFor(error: PosternError): string {
  const sentence = sentences[error.code] ?? asSentence(error.message)
  return error.code === 'INTERNAL_SERVER_ERROR' && error.requestId
    ? `${sentence} Request ID: ${error.requestId}`
    : sentence
}

/** Messages of single rules may lack a capital and a period. */
const asSentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`

/** What is wrong with one field, and the code that the service has for it. */
export interface FieldError {
  readonly path: string
  readonly message: string
  readonly code: string
}

/**
 * All wrong fields that an error names. `fieldOf` says which field a code is about when the error names none.
 */
export function fieldErrors(
  error: PosternError | null,
  fieldOf: Partial<Record<PosternErrorCode, string>> = {},
): readonly FieldError[] {
  if (!error) return []
  const path = fieldOf[error.code]
  const listed: readonly FieldProblem[] =
    error.fields.length === 0 && path !== undefined ? [{ path, message: error.message }] : error.fields
  return listed.map((field) => ({ ...field, code: field.code ?? error.code, message: asSentence(field.message) }))
}
