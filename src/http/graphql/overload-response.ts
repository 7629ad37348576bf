import type { ApolloServerPlugin } from '@apollo/server'
import { AuthError } from '../../platform/errors.js'

/** Work refused for want of room answers 503 with Retry-After, so that clients and proxies need not read the body. */
export const answerRefusals: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse({ errors = [], response: { http } }) {
        const seconds = errors.flatMap(({ originalError }) =>
          originalError instanceof AuthError && originalError.code === 'SERVICE_UNAVAILABLE'
            ? (originalError.retryAfter ?? [])
            : [],
        )
        if (seconds.length > 0) {
          http.status = 503
          http.headers.set('retry-after', String(Math.max(...seconds)))
        }
        return Promise.resolve()
      },
    }),
}
