import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql'
import { AuthError } from '../errors.js'
import type { Logger } from '../logger.js'

/** What the answer says of each kind of failure that is neither ours nor the resolvers'. */
const REQUEST_ERRORS: Record<string, string | null> = {
  GRAPHQL_PARSE_FAILED: 'The GraphQL document cannot be parsed.',
  // Names of fields and types may be shown; values may not, see below.
  GRAPHQL_VALIDATION_FAILED: null,
  OPERATION_RESOLUTION_FAILURE: 'The document has no operation of this name; name one with operationName.',
  BAD_REQUEST: null,
}

const VALUE_KINDS = new Set<string>([
  ...[Kind.STRING, Kind.INT, Kind.FLOAT, Kind.BOOLEAN, Kind.ENUM, Kind.LIST, Kind.OBJECT, Kind.OBJECT_FIELD, Kind.NULL],
])

/** Errors about literals print them, passwords included. */
const speaksOfValues = (error: unknown): boolean =>
  error instanceof GraphQLError && (error.nodes ?? []).some((node) => VALUE_KINDS.has(node.kind))

/**
 * The one place where an error becomes what the client reads: code, message and request id; of anything unexpected
 * nothing else. Causes go to the log, under the same request id.
 */
export function formatError(
  formatted: GraphQLFormattedError,
  error: unknown,
  request: { requestId: string; log: Logger },
): GraphQLFormattedError {
  const { requestId, log } = request
  const place = {
    ...(formatted.locations && { locations: formatted.locations }),
    ...(formatted.path && { path: formatted.path }),
  }
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error
  const code = String(formatted.extensions?.['code'])

  if (!(original instanceof AuthError) && code in REQUEST_ERRORS) {
    const spoken = REQUEST_ERRORS[code] ?? formatted.message
    const message = speaksOfValues(error) ? 'A value in the document does not fit its type.' : spoken
    return { message, ...place, extensions: { code, requestId } }
  }

  const known = original instanceof AuthError ? original : new AuthError('INTERNAL_SERVER_ERROR', { cause: original })
  if (known.code === 'INTERNAL_SERVER_ERROR') log.error({ requestId, err: known.cause }, 'unexpected error')
  if (known.code === 'SERVICE_UNAVAILABLE') log.warn({ requestId, err: known.cause }, 'dependency unavailable')
  return {
    message: known.message,
    ...place,
    extensions: { code: known.code, ...(known.fields && { fields: known.fields }), requestId },
  }
}
