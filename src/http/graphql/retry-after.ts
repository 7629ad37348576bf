// Sends Retry-After with refusals that name a time, and a status that clients and proxies understand without the body.
import type { ApolloServerPlugin } from '@apollo/server'
import { ServiceError, type ErrorCode } from '@postern/service/errors'

export const retryAfterHeader: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse({ errors = [], response: { http, body } }) {
        const refusals = errors.flatMap(({ originalError }) =>
          originalError instanceof ServiceError && originalError.retryAfter !== undefined
            ? [{ code: originalError.code, seconds: originalError.retryAfter }]
            : [],
        )
        if (refusals.length === 0) return Promise.resolve()
        const has = (code: ErrorCode) => refusals.some((refusal) => refusal.code === code)
        http.headers.set('retry-after', String(Math.max(...refusals.map(({ seconds }) => seconds))))
        const wasExecuted = body.kind !== 'single' || 'data' in body.singleResult
        if (has('SERVICE_UNAVAILABLE')) http.status = 503
        // A limit of one field leaves the status to the others, as any error of a field does.
        else if (!wasExecuted && has('RATE_LIMITED')) http.status = 429
        return Promise.resolve()
      },
    }),
}
