// What the clients of better-auth say.
import { createHmac, randomBytes } from 'node:crypto'
import type { Pool } from 'mysql2/promise'
import { requestTo, type Talk } from '../load/traffic.ts'
import type { Candidate } from '../stage/candidate.ts'
import { PASSWORD } from '../stage/people.ts'
import { idOf } from '../stage/schemas.ts'
import { type AuthTalks, BETTER_AUTH_SECRET } from './better-auth.ts'

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
    const signature = createHmac('sha256', BETTER_AUTH_SECRET).update(token).digest('base64')
    return `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}`
  })
}

/** get-session: each connection for users of its own, in turns. */
export const getSessions =
  (connections: number): AuthTalks =>
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
  (connections: number): AuthTalks =>
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
  (connections: number, sessions: number): AuthTalks =>
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
  (connections: number): AuthTalks =>
  ({ candidate }) => {
    const request = requestTo(address(candidate, 'sign-up/email'))
    return Promise.resolve(
      Array.from({ length: connections }, () => ({ request: () => request(account(fresh())), read: hasUser })),
    )
  }

/** Sign-ins of `people` users, in turns. */
export const signIns =
  (connections: number, people: number): AuthTalks =>
  async ({ candidate }) => {
    const names = Array.from({ length: people }, fresh)
    const headers = { 'content-type': 'application/json', origin: new URL(candidate.url).origin }
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
  (connections: number, names: readonly string[], available: boolean): AuthTalks =>
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
