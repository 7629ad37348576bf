// The one place that turns an error into what the client reads: code, message and request id, and nothing unexpected.
import { randomUUID } from 'node:crypto'
import type { RequestErrorCode } from '@postern/contract/errors'
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql'
import { ServiceError } from '@postern/service/errors'
import type { Logger } from '@postern/service/logger'
import { logCause } from '@postern/service/requests/error-causes'
import { reportError } from '@postern/service/requests/facts'
import type { CurrentRequest } from './current-request.js'

/** The messages of errors that come from graphql-js or Apollo Server. Null: their own message is fit to show. */
const REQUEST_ERRORS: Record<RequestErrorCode, string | null> = {
  GRAPHQL_PARSE_FAILED: 'The GraphQL document has a syntax error.',
  // It may contain names of fields and types, but no values: see namesValue.
  GRAPHQL_VALIDATION_FAILED: null,
  OPERATION_RESOLUTION_FAILURE: "The document doesn't contain the operation. Select one with operationName.",
  BAD_REQUEST: null,
  PERSISTED_QUERY_NOT_SUPPORTED: null,
}

const VALUE_KINDS = new Set<string>([
  ...[Kind.STRING, Kind.INT, Kind.FLOAT, Kind.BOOLEAN, Kind.ENUM, Kind.LIST, Kind.OBJECT, Kind.OBJECT_FIELD, Kind.NULL],
])

/** Errors about literals quote them, including passwords. */
const namesValue = (error: unknown): boolean =>
  error instanceof GraphQLError && (error.nodes ?? []).some((node) => VALUE_KINDS.has(node.kind))

/** Limits reveal nothing of the schema: see limits.ts. */
const exceedsLimit = (error: unknown): boolean =>
  error instanceof GraphQLError && error.extensions['exceedsLimit'] === true

/** Apollo Server's CSRF prevention has no code of its own: it refuses what a page could send without a preflight. */
const isCsrfRefusal = (code: RequestErrorCode, message: string): boolean =>
  code === 'BAD_REQUEST' && message.includes('Cross-Site Request Forgery')

const isRequestErrorCode = (code: string): code is RequestErrorCode => Object.hasOwn(REQUEST_ERRORS, code)

function requestErrorMessage(code: RequestErrorCode, message: string, error: unknown, hideSchema: boolean): string {
  if (exceedsLimit(error)) return message
  if (hideSchema && code === 'GRAPHQL_VALIDATION_FAILED') return 'The document does not match the schema.'
  if (namesValue(error)) return 'A value in the document does not match its type.'
  if (isCsrfRefusal(code, message))
    return 'Send a POST with content-type: application/json, or a GET with the header apollo-require-preflight: 1.'
  return REQUEST_ERRORS[code] ?? message
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  // From graphql-js, during execution: a variable is null although its argument must not be.
  if (error instanceof GraphQLError && error.nodes)
    return new ServiceError('INVALID_INPUT', { message: 'A required argument is null.', fields: [] })
  return new ServiceError('INTERNAL_SERVER_ERROR', { cause: error })
}

/** What a client reads of an error that is meant for it. The id of its request is added. */
export const describeServiceError = ({ code, message, fields, reason, retryAfter, details }: ServiceError) => ({
  message,
  extensions: {
    code,
    ...(reason && { reason }),
    ...(fields && { fields }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...details,
  },
})

export function createFormatError(
  current: () => CurrentRequest | undefined,
  { logger, hideSchema }: { logger: Logger; hideSchema: boolean },
) {
  function describe(formatted: GraphQLFormattedError, error: unknown, requestId: string) {
    const original = error instanceof GraphQLError ? (error.originalError ?? error) : error
    const code = String(formatted.extensions?.['code'])
    if (!(original instanceof ServiceError) && isRequestErrorCode(code))
      return { message: requestErrorMessage(code, formatted.message, error, hideSchema), extensions: { code } }

    const known = asServiceError(original)
    logCause(known, requestId, logger)
    return describeServiceError(known)
  }

  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const request = current()
    const requestId = request?.facts.requestId ?? randomUUID()
    const { locations, path } = formatted
    const { message, extensions } = describe(formatted, error, requestId)
    if (request) reportError(request.facts, extensions.code, request.rootFields?.fieldAt(path))
    return {
      message,
      ...(locations && { locations }),
      ...(path && { path }),
      extensions: { ...extensions, requestId },
    }
  }
}
