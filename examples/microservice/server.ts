// A microservice that verifies Postern's access tokens and never calls the auth service. README.md is its guide.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessionValidator } from '@postern/session'
import { authenticated, optionalAuth, type AuthRequest } from '@postern/session/express'
import { keys, port, redis } from './settings.ts'

const sessions = await createSessionValidator({
  ...keys,
  redis,
  onError: (error) => console.error(error.message),
})

type Handler = (request: AuthRequest, response: ServerResponse) => unknown

const greetAnyone: Handler = (request, response) =>
  optionalAuth(sessions)(request, response, () =>
    answer(response, 200, { message: `Hello, ${request.auth?.userId ?? 'stranger'}!` }),
  )

const welcome: Handler = authenticated(
  sessions,
  ({ auth }, response: ServerResponse) =>
    answer(response, 200, { message: 'Welcome authenticated user!', userId: auth.userId, tokenId: auth.tokenId }),
  {
    // 401 with WWW-Authenticate, or 503 with Retry-After while no decision is possible: an outage must not sign users out.
    onRefusal: ({ status, headers, message }, _request, response) =>
      answer(response, status, { message: status === 401 ? 'Invalid or expired token' : message }, headers),
  },
)

const showReadiness: Handler = (_request, response) => {
  const status = sessions.status()
  answer(response, status.ready ? 200 : 503, status)
}

const routes = new Map<string | undefined, Handler>([
  ['/api/public', greetAnyone],
  ['/api/protected', welcome],
  ['/health/ready', showReadiness],
])

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'cache-control': 'no-store',
    // While the server closes: a busy keep-alive connection would keep the process alive.
    ...(!server.listening && { connection: 'close' }),
  })
  response.end(`${JSON.stringify(body)}\n`)
}

const server = createServer((request, response) => {
  const handle = routes.get(request.url?.split('?', 1)[0])
  if (handle) handle(request, response)
  else answer(response, 404, { message: 'Not found' })
})

server.once('error', (error) => {
  console.error(`${error.message}\nTo use another port: EXAMPLE_PORT=8082 npm run example`)
  process.exit(1)
})
server.listen(port, '127.0.0.1', () => {
  const { port: taken } = server.address() as AddressInfo
  console.log(`Ready at http://localhost:${taken}/api/public and http://localhost:${taken}/api/protected`)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Finishes open requests, then disconnects from Redis. The process ends because nothing is left to do.
  process.once(signal, () => server.close(() => void sessions.close()))
}
