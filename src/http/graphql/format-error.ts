import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql'
import { AuthError } from '../../platform/errors.js'
import type { Logger } from '../../platform/logger.js'

/** What the answer says of each kind of failure that is neither ours nor the resolvers'. */
const REQUEST_ERRORS: Record<string, string | null> = {
  GRAPHQL_PARSE_FAILED: 'The GraphQL document cannot be parsed.',
  // Names of fields and types may be shown; values may not, see below.
  GRAPHQL_VALIDATION_FAILED: null,
  OPERATION_RESOLUTION_FAILURE: 'The document has no operation of this name; name one with operationName.',
  BAD_REQUEST: null,
  PERSISTED_QUERY_NOT_SUPPORTED: null,
}

const VALUE_KINDS = new Set<string>([
  ...[Kind.STRING, Kind.INT, Kind.FLOAT, Kind.BOOLEAN, Kind.ENUM, Kind.LIST, Kind.OBJECT, Kind.OBJECT_FIELD, Kind.NULL],
])

/** Errors about literals print them, passwords included. */
const speaksOfValues = (error: unknown): boolean =>
  error instanceof GraphQLError && (error.nodes ?? []).some((node) => VALUE_KINDS.has(node.kind))

function asAuthError(error: unknown): AuthError {
  if (error instanceof AuthError) return error
  // graphql-js itself, in the middle of execution: a variable that is null where its argument must not be.
  if (error instanceof GraphQLError && error.nodes)
    return new AuthError('INVALID_INPUT', { message: 'An argument is null that must not be.', fields: [] })
  return new AuthError('INTERNAL_SERVER_ERROR', { cause: error })
}

/**
 * The one place where an error becomes what the client reads: code, message and request id; of anything unexpected
 * nothing else. Causes go to the log, under the same request id.
 */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
  request: { requestId: string; logger: Logger; hideSchema: boolean },
): GraphQLFormattedError {
  const { requestId, logger, hideSchema } = request
  const place = {
    ...(formatted.locations && { locations: formatted.locations }),
    ...(formatted.path && { path: formatted.path }),
  }
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error
  const code = String(formatted.extensions?.['code'])

  if (!(original instanceof AuthError) && Object.hasOwn(REQUEST_ERRORS, code)) {
    const spoken = REQUEST_ERRORS[code] ?? formatted.message
    const message = speaksOfValues(error) ? 'A value in the document does not fit its type.' : spoken
    if (hideSchema && code === 'GRAPHQL_VALIDATION_FAILED')
      return {
        message: 'The document does not fit the schema or its limits.',
        ...place,
        extensions: { code, requestId },
      }
    return { message, ...place, extensions: { code, requestId } }
  }

  const known = asAuthError(original)
  if (known.code === 'INTERNAL_SERVER_ERROR') logger.error({ requestId, err: known.cause }, 'unexpected error')
  // Being busy is no fault of a dependency, and a line for each refusal would make it worse: the metrics count them.
  if (known.code === 'SERVICE_UNAVAILABLE' && (known.cause || known.retryAfter === undefined))
    logger.warn({ requestId, err: known.cause }, 'dependency unavailable')
  return {
    message: known.message,
    ...place,
    extensions: {
      code: known.code,
      ...(known.fields && { fields: known.fields }),
      ...(known.retryAfter !== undefined && { retryAfter: known.retryAfter }),
      requestId,
    },
  }
}
