// A real OpenID provider on this machine, in the shape of Google, of Microsoft, or of any other one.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

/** What the provider says about a person, besides `sub`. */
export type Claims = Record<string, unknown>

export type OpenIdServer = Awaited<ReturnType<typeof startOpenIdServer>>

interface Options {
  redirectUris: string[]
  /** Where the issuer is below the origin: such as /common/v2.0. */
  path?: string
  /** Another name of this machine, which is another site for a browser. */
  host?: string
  /** Whether claims about the person are only in the response of the userinfo endpoint, as the standard wants it. */
  claimsInUserInfo?: boolean
}

const CLIENT = { client_id: 'postern', client_secret: 'the-secret-of-postern-at-the-provider' }

export async function startOpenIdServer({
  redirectUris,
  path = '',
  host = '127.0.0.1',
  claimsInUserInfo = false,
}: Options) {
  const people = new Map<string, Claims>()
  const calls: string[] = []
  let person = ''
  let tokenSeconds = 3600
  let proofAge = 0
  let mode: 'up' | 'broken' | 'endless' = 'up'

  const server = createServer((request, response) => {
    const url = request.url ?? ''
    calls.push(`${request.method} ${url.split('?')[0]?.slice(path.length)}`)
    if (mode === 'broken') return void response.writeHead(503).end('<html>')
    if (mode === 'endless') return void response.end(`{"padding":"${'x'.repeat(2_000_000)}"}`)
    // As frameworks do it that mount one below a path.
    Object.assign(request, { originalUrl: url })
    request.url = url.startsWith(path) ? url.slice(path.length) : url
    if (request.url.startsWith('/interaction/')) return void signIn(request, response)
    void handle(request, response)
  })
  server.listen(0, host)
  await once(server, 'listening')
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`
  const issuer = `${origin}${path}`

  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'first' }
  const provider = new Provider(issuer, {
    clients: [
      {
        ...CLIENT,
        redirect_uris: redirectUris,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: ['a key for the cookies of the provider'] },
    pkce: { required: () => true },
    conformIdTokenClaims: claimsInUserInfo,
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified', 'hd', 'xms_edov'],
      profile: ['name'],
    },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true, allowedPolicy: () => true } },
    interactions: { url: (_, { uid }) => `${path}/interaction/${uid}` },
    ttl: {
      AccessToken: () => tokenSeconds,
      Grant: 86_400,
      IdToken: 3600,
      RefreshToken: 86_400,
      Session: 86_400,
      Interaction: 3600,
    },
    issueRefreshToken: () => Promise.resolve(true),
    rotateRefreshToken: true,
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...people.get(accountId) }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope('openid email profile offline_access')
      await grant.save()
      return grant
    },
  })
  const handle = provider.callback()

  /** The person signs in without a form. If they have done so before, the provider may ask for nothing. */
  async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await provider.interactionFinished(request, response, {
      login: { accountId: person, ts: Math.floor(Date.now() / 1000) - proofAge },
    })
  }

  return {
    issuer,
    origin,
    client: CLIENT,
    /** Method and path of every request so far. */
    calls,
    /** Who sits in front of the browser from now on. */
    become(sub: string, claims: Claims): void {
      people.set(sub, claims)
      person = sub
    },
    turn: (next: typeof mode) => (mode = next),
    /** How long ago, from now on, those who sign in have proved who they are: the provider keeps them signed in. */
    proveAgo: (seconds: number) => (proofAge = seconds),
    /** How long access tokens are valid from now on. */
    issueFor: (seconds: number) => (tokenSeconds = seconds),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
