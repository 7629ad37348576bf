// better-auth, and what its clients say.
import { createHmac, randomBytes } from 'node:crypto'
import type { Pool } from 'mysql2/promise'
import type { Contender } from '../load/slices.ts'
import { requestTo, type Talk } from '../load/traffic.ts'
import { type Candidate, startCandidate } from '../stage/candidate.ts'
import { idOf } from '../stage/schemas.ts'
import type { Data, Stage } from '../stage/stage.ts'
import { over } from './over.ts'
import { PASSWORD, USERS } from './postern.ts'

const secret = randomBytes(32).toString('hex')

interface Running {
  data: Data
  candidate: Candidate
}

type Talks = (running: Running) => Promise<Talk[]>

const start = (name: string, { urls }: Data, env: Record<string, string> = {}): Promise<Candidate> =>
  startCandidate({
    name,
    file: 'bench/peers/better-auth.ts',
    path: '/api/auth/ok',
    env: { DATABASE_URL: urls.DATABASE_URL, BETTER_AUTH_SECRET: secret, ...env },
  })

/** A database that better-auth has migrated, with as many users as Postern's. */
export async function prepareBetterAuth(stage: Stage): Promise<Data> {
  const data = await stage.data(null)
  const candidate = await start('better-auth', data)
  await candidate.stop()
  await data.database.query(
    `INSERT INTO user (id, name, email, emailVerified, createdAt, updatedAt, username, displayUsername)
     SELECT CONCAT('01900000-0000-7000-8000-', LOWER(LPAD(HEX(seq), 12, '0'))), CONCAT('person ', seq),
       CONCAT('person_', seq, '@example.com'), FALSE, NOW(3), NOW(3), CONCAT('person_', seq), CONCAT('person_', seq)
     FROM seq_1_to_${USERS}`,
  )
  await data.database.query('ANALYZE TABLE user')
  return data
}

export function betterAuth(name: string, data: Data, talks: Talks, env?: Record<string, string>): Contender {
  return over(
    name,
    () => start(name, data, env),
    (candidate) => talks({ data, candidate }),
  )
}

const address = (candidate: Candidate, path: string) => new URL(`/api/auth/${path}`, candidate.url).href

const BATCH = 2000

/** Starts one session for each of the first users, and returns their cookies, signed as by better-auth. */
async function insertSessions(database: Pool, count: number): Promise<string[]> {
  const now = new Date()
  const later = new Date(now.getTime() + 7 * 86_400_000)
  const tokens = Array.from({ length: count }, () => randomBytes(16).toString('hex'))
  for (let first = 0; first < count; first += BATCH) {
    await database.query(
      'INSERT INTO session (id, expiresAt, token, createdAt, updatedAt, ipAddress, userAgent, userId) VALUES ?',
      [
        tokens
          .slice(first, first + BATCH)
          .map((token, n) => [randomBytes(16).toString('hex'), later, token, now, now, '', '', idOf(first + n + 1)]),
      ],
    )
  }
  return tokens.map((token) => {
    const signature = createHmac('sha256', secret).update(token).digest('base64')
    return `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}`
  })
}

/** get-session: each connection for users of its own, in turns. */
export const getSessions =
  (connections: number): Talks =>
  async ({ data, candidate }) => {
    const url = address(candidate, 'get-session')
    const cookies = await insertSessions(data.database, connections * 8)
    return Array.from({ length: connections }, (_, line) => {
      const users = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => line * 8 + n)
      return whoAmI(users.map((user) => ({ id: idOf(user + 1), bytes: requestTo(url, { Cookie: cookies[user]! })() })))
    })
  }

/** get-session, answered from the cookie that holds a signed copy of the session. */
export const getCachedSessions =
  (connections: number): Talks =>
  async ({ data, candidate }) => {
    const url = address(candidate, 'get-session')
    const cookies = await insertSessions(data.database, connections)
    return Promise.all(
      cookies.map(async (cookie, user) => {
        const response = await fetch(url, { headers: { cookie } })
        await response.arrayBuffer()
        const cached = response.headers
          .getSetCookie()
          .map((each) => each.split(';')[0] ?? '')
          .find((each) => each.startsWith('better-auth.session_data='))
        if (cached === undefined) throw new Error('better-auth set no cookie with the session.')
        return whoAmI([{ id: idOf(user + 1), bytes: requestTo(url, { Cookie: `${cookie}; ${cached}` })() }])
      }),
    )
  }

function whoAmI(own: { id: string; bytes: Buffer }[]): Talk {
  let last = -1
  return {
    request: () => own[++last % own.length]!.bytes,
    read(body) {
      const session = JSON.parse(body) as { user?: { id?: string } } | null
      if (session?.user?.id !== own[last % own.length]!.id) throw new Error(`get-session answered ${body}`)
    },
  }
}

/** Each request ends another session. */
export const signOuts =
  (connections: number, sessions: number): Talks =>
  async ({ data, candidate }) => {
    const url = address(candidate, 'sign-out')
    const cookies = await insertSessions(data.database, sessions)
    const origin = new URL(url).origin
    return Array.from({ length: connections }, () => ({
      request() {
        const cookie = cookies.pop()
        if (cookie === undefined) throw new Error('Prepare more sessions.')
        return requestTo(url, { Cookie: cookie, Origin: origin })('{}')
      },
      read(body) {
        if (body !== '{"success":true}') throw new Error(`sign-out answered ${body}`)
      },
    }))
  }

let serial = 0
const fresh = () => `b${process.pid.toString(36)}_${(++serial).toString(36)}`
const account = (name: string) =>
  JSON.stringify({ email: `${name}@example.com`, name, username: name, password: PASSWORD })

/** Each request creates another account, and signs it in: better-auth's default. */
export const signUps =
  (connections: number): Talks =>
  ({ candidate }) => {
    const request = requestTo(address(candidate, 'sign-up/email'))
    return Promise.resolve(
      Array.from({ length: connections }, () => ({ request: () => request(account(fresh())), read: hasUser })),
    )
  }

/** Sign-ins of `people` users, in turns. */
export const signIns =
  (connections: number, people: number): Talks =>
  async ({ candidate }) => {
    const names = Array.from({ length: people }, fresh)
    const headers = { 'content-type': 'application/json' }
    for (const name of names) {
      const response = await fetch(address(candidate, 'sign-up/email'), {
        method: 'POST',
        headers,
        body: account(name),
      })
      hasUser(await response.text())
    }
    const request = requestTo(address(candidate, 'sign-in/username'))
    let next = 0
    return Array.from({ length: connections }, () => ({
      request: () => request(JSON.stringify({ username: names[next++ % people], password: PASSWORD })),
      read: hasUser,
    }))
  }

function hasUser(body: string): void {
  const { token, user } = JSON.parse(body) as { token?: string; user?: { id?: string } }
  if (!token || !user?.id) throw new Error(`better-auth answered ${body}`)
}

/** Checks of usernames, each answered `available`. */
export const usernameChecks =
  (connections: number, names: readonly string[], available: boolean): Talks =>
  ({ candidate }) => {
    const request = requestTo(address(candidate, 'is-username-available'))
    let next = 0
    return Promise.resolve(
      Array.from({ length: connections }, () => ({
        request: () => request(JSON.stringify({ username: names[next++ % names.length] })),
        read(body) {
          if (body !== `{"available":${available}}`) throw new Error(`is-username-available answered ${body}`)
        },
      })),
    )
  }
