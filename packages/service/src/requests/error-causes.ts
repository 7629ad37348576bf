// Logs the causes of errors under the id of their request, which is all that the client gets of them.
import type { ServiceError } from '../errors.js'
import type { Logger } from '../logger.js'

export function logCause({ code, cause, retryAfter }: ServiceError, requestId: string, logger: Logger): void {
  if (code === 'INTERNAL_SERVER_ERROR') logger.error({ requestId, err: cause }, 'unexpected error')
  // Not for an overload: a line per refusal would add to it, and the metrics count refusals.
  if (code === 'SERVICE_UNAVAILABLE' && (cause || retryAfter === undefined))
    logger.warn({ requestId, err: cause }, 'dependency unavailable')
}
