// The responses of refused operations: their only root field has thrown an error that clients may read.
import { ServiceError } from '@postern/service/errors'
import { dpopRefusal } from '../dpop.js'
import { describeServiceError } from '../graphql/format-error.js'
import type { OnlyField } from './plan.js'

/** Apollo Server's path responds with other errors, because they are logged or need their own header. */
export const isRefusal = (error: unknown): error is ServiceError =>
  error instanceof ServiceError &&
  error.cause === undefined &&
  error.retryAfter === undefined &&
  dpopRefusal(error) === null &&
  error.code !== 'SERVICE_UNAVAILABLE' &&
  error.code !== 'INTERNAL_SERVER_ERROR'

/** As Apollo Server writes it. */
export function refusalBody({ key, locations, isNullable }: OnlyField, error: ServiceError, requestId: string): string {
  const { message, extensions } = describeServiceError(error)
  const described = { message, locations, path: [key], extensions: { ...extensions, requestId } }
  return `${JSON.stringify({ errors: [described], data: isNullable ? { [key]: null } : null })}\n`
}
