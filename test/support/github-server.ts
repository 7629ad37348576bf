// A server with the shape of GitHub: OAuth 2 without ID tokens, an API for the user and the addresses, errors with 200.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface GithubUser {
  id: number
  login: string
  /** Of the public profile. */
  email?: string | null
  emails: { email: string; primary: boolean; verified: boolean }[]
}

export type GithubServer = Awaited<ReturnType<typeof startGithubServer>>

const CLIENT = { client_id: 'postern-at-github', client_secret: 'the-secret-of-postern-at-github' }

export async function startGithubServer({ sendsIssuer = true }: { sendsIssuer?: boolean } = {}) {
  let user: GithubUser = { id: 1, login: 'nobody', emails: [] }
  const codes = new Map<string, { user: GithubUser; challenge: string; redirectUri: string }>()
  const tokens = new Map<string, GithubUser>()
  const revoked: string[] = []

  const json = (response: ServerResponse, status: number, body: unknown) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

  function authorize({ searchParams: asked }: URL, response: ServerResponse): void {
    const code = randomBytes(10).toString('hex')
    const redirectUri = asked.get('redirect_uri') ?? ''
    codes.set(code, { user, challenge: asked.get('code_challenge') ?? '', redirectUri })
    const location = new URL(redirectUri)
    location.searchParams.set('code', code)
    location.searchParams.set('state', asked.get('state') ?? '')
    if (sendsIssuer) location.searchParams.set('iss', `${origin}/login/oauth`)
    response.writeHead(302, { location: location.href }).end()
  }

  function exchange(form: URLSearchParams, response: ServerResponse): void {
    const found = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const verifier = form.get('code_verifier') ?? ''
    const isProved = found?.challenge === createHash('sha256').update(verifier).digest('base64url')
    const isClient = form.get('client_id') === CLIENT.client_id && form.get('client_secret') === CLIENT.client_secret
    // GitHub answers with 200.
    if (!isClient) return json(response, 200, { error: 'incorrect_client_credentials' })
    if (!found || !isProved || found.redirectUri !== form.get('redirect_uri'))
      return json(response, 200, { error: 'bad_verification_code' })
    const token = `gho_${randomBytes(16).toString('hex')}`
    tokens.set(token, found.user)
    json(response, 200, { access_token: token, token_type: 'bearer', scope: 'user:email' })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', origin)
    const body = await text(request)
    if (url.pathname === '/login/oauth/authorize') return authorize(url, response)
    if (url.pathname === '/login/oauth/access_token') return exchange(new URLSearchParams(body), response)
    if (request.method === 'DELETE' && url.pathname === `/api/v3/applications/${CLIENT.client_id}/grant`) {
      revoked.push((JSON.parse(body) as { access_token: string }).access_token)
      return void response.writeHead(204).end()
    }
    const found = tokens.get(/^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '')
    if (!found) return json(response, 401, { message: 'Bad credentials' })
    const { emails, ...profile } = found
    if (url.pathname === '/api/v3/user') return json(response, 200, profile)
    if (url.pathname === '/api/v3/user/emails') return json(response, 200, emails)
    json(response, 404, { message: 'Not Found' })
  }

  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    client: CLIENT,
    revoked,
    /** Who sits in front of the browser from now on. */
    become: (next: GithubUser) => (user = next),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
