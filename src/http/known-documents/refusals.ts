// The responses of operations that are refused: their only root field has thrown what a client may read.
import { AuthError } from '../../platform/errors.js'
import { dpopRefusal } from '../dpop.js'
import { describeAuthError } from '../graphql/format-error.js'
import type { OnlyField } from './plan.js'

/** Others are logged, or have a header of their own: Apollo Server's path responds with them. */
export const isRefusal = (error: unknown): error is AuthError =>
  error instanceof AuthError &&
  error.cause === undefined &&
  error.retryAfter === undefined &&
  dpopRefusal(error) === null &&
  error.code !== 'SERVICE_UNAVAILABLE' &&
  error.code !== 'INTERNAL_SERVER_ERROR'

/** As Apollo Server writes it. */
export function refusalBody({ key, locations, isNullable }: OnlyField, error: AuthError, requestId: string): string {
  const { message, extensions } = describeAuthError(error)
  const described = { message, locations, path: [key], extensions: { ...extensions, requestId } }
  return `${JSON.stringify({ errors: [described], data: isNullable ? { [key]: null } : null })}\n`
}
