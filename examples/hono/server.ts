// An API with Hono that verifies Postern's access tokens and never calls the auth service. README.md is its guide.
import { serve } from '@hono/node-server'
import { SessionError } from '@postern/session'
import { requireRole } from '@postern/session/hono'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { sessions, signedIn } from './auth.ts'
import { origins, port } from './settings.ts'

const notes = new Map<string, string[]>()

const app = new Hono()

// For frontends on other origins, which send the token in the Authorization header.
app.use(cors({ origin: origins, allowHeaders: ['authorization', 'content-type'] }))
app.use(async (c, next) => {
  await next()
  c.header('cache-control', 'no-store')
  // While the server closes: a busy keep-alive connection would keep the process alive.
  if (!server.listening) c.header('connection', 'close')
})

app.get('/api/me', signedIn, (c) => c.json({ id: c.var.auth.userId, roles: c.var.auth.roles }))

app.get('/api/notes', signedIn, (c) => c.json(notes.get(c.var.auth.userId) ?? []))

app.post('/api/notes', signedIn, async (c) => {
  const mine = [...(notes.get(c.var.auth.userId) ?? []), await c.req.text()]
  notes.set(c.var.auth.userId, mine)
  return c.json(mine, 201)
})

app.get('/api/admin', signedIn, requireRole('ADMIN'), (c) => c.json({ users: notes.size }))

app.get('/health/ready', (c) => {
  const { ready, lagMs } = sessions.status()
  return c.json({ ready, lagMs }, ready ? 200 : 503)
})

app.notFound((c) => c.json({ code: 'not_found', message: 'Not found' }, 404))

app.onError((error, c) => {
  // 401 and 403, or 503 while no decision is possible: an outage must not sign users out.
  if (error instanceof SessionError) return error.getResponse()
  console.error(error)
  return c.json({ code: 'internal_error', message: 'Something went wrong' }, 500)
})

const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, ({ port }) =>
  console.log(`Ready at http://localhost:${port}/api/me`),
)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Finishes open requests, then disconnects from Redis. The process ends because nothing is left to do.
  process.once(signal, () => server.close(() => void sessions.close()))
}
