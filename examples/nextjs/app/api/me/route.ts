// An API of this app's own. It verifies the token in this process, without calling Postern.
import { authenticate, SessionError } from '@postern/session'
import { getSessions } from '../../../lib/sessions'

const headers = { 'cache-control': 'no-store' }

export async function GET(request: Request): Promise<Response> {
  try {
    const { userId, roles } = authenticate(await getSessions(), request, { tokenFrom: ['bearer', 'cookie'] })
    return Response.json({ id: userId, roles }, { headers })
  } catch (error) {
    if (!(error instanceof SessionError)) throw error
    // 401 or 403, or 503 while no decision is possible.
    const { code, message, status } = error
    return Response.json({ code, message }, { status, headers: { ...headers, ...error.headers } })
  }
}
