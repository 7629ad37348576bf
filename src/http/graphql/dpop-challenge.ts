// Sends status 401 and the challenge of RFC 9449 with errors about DPoP proofs, for clients that know no GraphQL.
import type { ApolloServerPlugin } from '@apollo/server'
import { ServiceError } from '@postern/service/errors'
import { dpopRefusal } from '../dpop.js'

export const dpopChallengeHeaders: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse({ errors = [], response: { http } }) {
        const refusals = errors.map(({ originalError }) =>
          originalError instanceof ServiceError ? dpopRefusal(originalError) : null,
        )
        const headers = refusals.find((found) => found !== null)
        if (!headers) return Promise.resolve()
        http.status = 401
        for (const [name, value] of Object.entries(headers)) http.headers.set(name, value)
        return Promise.resolve()
      },
    }),
}
