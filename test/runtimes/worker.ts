// A Cloudflare Worker that uses the packages as any other would. test/e2e/runtimes/workerd.test.ts bundles and runs it.
import { createClient, type PosternError } from '@postern/client'
import {
  authenticate,
  createEdgeValidator,
  serviceCheck,
  SessionError,
  type EdgeValidator,
} from '@postern/session/edge'

interface Bindings {
  /** The origin of the service. */
  readonly SERVICE: string
  /** Keys, as JSON. */
  readonly KEYS: string
}

/** As in any Worker, created once and used by all requests. */
let sessions: EdgeValidator | undefined

export default {
  async fetch(request: Request, { SERVICE, KEYS }: Bindings): Promise<Response> {
    try {
      switch (new URL(request.url).pathname) {
        case '/outcomes':
          return Response.json(await outcomes(KEYS, (await request.json()) as string[]))
        case '/me': {
          sessions ??= createEdgeValidator({
            jwksUrl: `${SERVICE}/.well-known/jwks.json`,
            revocations: serviceCheck({ url: `${SERVICE}/graphql` }),
          })
          const sources = { tokenFrom: ['bearer', 'cookie'] } as const
          const { userId, revocationChecked } = await authenticate(sessions, request, sources)
          return Response.json({ userId, revocationChecked })
        }
        default:
          return Response.json(await useClient(`${SERVICE}/graphql`, await request.json()))
      }
    } catch (error) {
      if (!(error instanceof SessionError)) return new Response(String(error), { status: 500 })
      return Response.json({ code: error.code }, { status: error.status, headers: error.headers })
    }
  },
}

/** What becomes of each token. */
async function outcomes(keys: string, tokens: readonly string[]): Promise<string[]> {
  const validator = createEdgeValidator({ ...JSON.parse(keys), revocations: 'none' })
  const outcome = (token: string) =>
    validator.validate(token).then(
      () => 'accepted',
      (error: unknown) => (error instanceof SessionError ? error.code : String(error)),
    )
  return Promise.all(tokens.map(outcome))
}

async function useClient(url: string, account: { email: string; username: string; password: string }) {
  const client = createClient({ url })
  const { available } = await client.checkUsername(account.username)
  await client.register(account)
  const { username } = await client.login({ email: account.email, password: account.password })
  const { email } = await client.profile()
  await client.logout()
  const refused = await client.profile().catch((error: unknown) => (error as PosternError).code)
  client.close()
  return { available, username, email, refused }
}
