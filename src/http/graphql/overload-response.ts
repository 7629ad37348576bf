// Responds with 503 and Retry-After when the service is overloaded, so that clients and proxies need not read the body.
import type { ApolloServerPlugin } from '@apollo/server'
import { AuthError } from '../../platform/errors.js'

export const overloadResponse: ApolloServerPlugin = {
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
