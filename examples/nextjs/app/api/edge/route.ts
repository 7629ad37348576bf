// The same API in the Edge Runtime, which has neither Node.js nor Redis. It checks with Postern whether a token is revoked.
import {
  authenticate,
  createEdgeValidator,
  serviceCheck,
  SessionError,
  type EdgeValidator,
} from '@postern/session/edge'

export const runtime = 'edge'

let sessions: EdgeValidator | undefined

/** Created on first use, because a build has no keys. */
function getSessions(): EdgeValidator {
  const { POSTERN_URL = 'http://localhost:8080', POSTERN_JWKS_URL: jwksUrl, JWT_SECRET: secret } = process.env
  sessions ??= createEdgeValidator({
    ...(jwksUrl ? { jwksUrl } : secret ? { secret } : {}),
    revocations: serviceCheck({ url: `${POSTERN_URL}/graphql` }),
    onError: (error) => console.error(error.message),
  })
  return sessions
}

const headers = { 'cache-control': 'no-store' }

export async function GET(request: Request): Promise<Response> {
  try {
    const { userId, roles, revocationChecked } = await authenticate(getSessions(), request, {
      tokenFrom: ['bearer', 'cookie'],
    })
    return Response.json({ id: userId, roles, revocationChecked }, { headers })
  } catch (error) {
    if (!(error instanceof SessionError)) throw error
    const { code, message, status } = error
    return Response.json({ code, message }, { status, headers: { ...headers, ...error.headers } })
  }
}
