// better-auth with email and password, as its documentation shows for node:http and MySQL.
import { createServer } from 'node:http'
import { hash, verify } from '@node-rs/argon2'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { username } from 'better-auth/plugins'
import { createPool } from 'mysql2/promise'

const { PORT, DATABASE_URL, COOKIE_CACHE, ARGON2_MEMORY_KIB, ARGON2_TIME_COST, BETTER_AUTH_SECRET } = process.env
/** argon2id, with Postern's default parameters. */
const cost = {
  memoryCost: Number(ARGON2_MEMORY_KIB ?? 19_456),
  timeCost: Number(ARGON2_TIME_COST ?? 2),
  parallelism: 1,
}

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: BETTER_AUTH_SECRET!,
  database: createPool({ uri: DATABASE_URL!, timezone: 'Z' }),
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => hash(password, cost),
      verify: ({ hash: stored, password }) => verify(stored, password),
    },
  },
  session: { cookieCache: { enabled: COOKIE_CACHE === 'on' } },
  // All requests come from one address.
  rateLimit: { enabled: false },
  plugins: [username()],
})
const { runMigrations } = await getMigrations(auth.options)
await runMigrations()
createServer((request, response) => void toNodeHandler(auth)(request, response)).listen(Number(PORT), '127.0.0.1')
