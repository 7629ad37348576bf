// What the clients of Postern say.
import { dataOf, type Expected, post } from '../load/answers.ts'
import { check } from '../load/request-bodies.ts'
import { requestTo, type Talk } from '../load/traffic.ts'
import { insertSessions } from '../stage/access-tokens.ts'
import { PASSWORD, register } from '../stage/people.ts'
import { idOf } from '../stage/schemas.ts'
import type { Running, Talks } from './postern.ts'

export type CheckTalks = (running: Pick<Running, 'candidate'>) => Promise<Talk[]>

/** Makes the requests of an operation. */
function operation(url: string, query: string, token?: string): (variables: object) => Buffer {
  const request = requestTo(url, token === undefined ? {} : { Authorization: `Bearer ${token}` })
  return (variables) => request(JSON.stringify({ query, variables }))
}

const PROFILE = '{ profile { id } }'
const LOGOUT = 'mutation { logout }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token refreshToken userId } }'

/** Who am I: each connection for users of its own, in turns. */
export const profiles =
  (connections: number): Talks =>
  async ({ stage, build, candidate: { url } }) => {
    const tokens = await insertSessions(build.data.database, connections * 8, stage.secrets.JWT_SECRET)
    return Array.from({ length: connections }, (_, line) => {
      const own = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => {
        const user = line * 8 + n
        return { id: idOf(user + 1), bytes: operation(url, PROFILE, tokens[user])({}) }
      })
      let last = -1
      return {
        request: () => own[++last % own.length]!.bytes,
        read(body) {
          const { profile } = dataOf(body)
          if (profile.id !== own[last % own.length]!.id) throw new Error(`A profile was ${body}`)
        },
      }
    })
  }

/** Each connection refreshes a session of its own, over and over. */
export const refreshes =
  (connections: number): Talks =>
  async ({ candidate: { url } }) => {
    const names = await registered(url, connections)
    const request = operation(url, REFRESH)
    return Promise.all(
      names.map(async (username) => {
        const input = { username, password: PASSWORD }
        const { login } = await post(url, JSON.stringify({ query: LOGIN, variables: { input } }))
        let token = login.refreshToken as string
        return {
          readsAll: true as const,
          request: () => request({ token }),
          read(body: string) {
            const next = dataOf(body)['refreshToken'].refreshToken as string
            if (next === token || next.split('.')[0] !== token.split('.')[0])
              throw new Error(`A refresh answered ${body}`)
            token = next
          },
        }
      }),
    )
  }

/** Each request ends another session. */
export const logouts =
  (connections: number, sessions: number): Talks =>
  async ({ stage, build, candidate: { url } }) => {
    const tokens = await insertSessions(build.data.database, sessions, stage.secrets.JWT_SECRET)
    return Array.from({ length: connections }, () => ({
      request() {
        const token = tokens.pop()
        if (token === undefined) throw new Error('Prepare more sessions.')
        return operation(url, LOGOUT, token)({})
      },
      read(body) {
        if (dataOf(body)['logout'] !== true) throw new Error(`A logout answered ${body}`)
      },
    }))
  }

let serial = 0
const fresh = () => `u${process.pid.toString(36)}_${(++serial).toString(36)}`
const account = (username: string) => ({ email: `${username}@example.com`, username, password: PASSWORD })

/** Each request creates another account. */
export const registrations =
  (connections: number): Talks =>
  ({ candidate: { url } }) => {
    const request = operation(url, REGISTER)
    return Promise.resolve(
      Array.from({ length: connections }, () => ({
        request: () => request({ input: account(fresh()) }),
        read(body) {
          if (typeof dataOf(body)['register'].user.id !== 'string') throw new Error(`A registration answered ${body}`)
        },
      })),
    )
  }

/** Logins of `people` users, in turns. */
export const logins =
  (connections: number, people: number): Talks =>
  async ({ candidate: { url } }) => {
    const names = await registered(url, people)
    const request = operation(url, LOGIN)
    let next = 0
    return Array.from({ length: connections }, () => ({
      request: () => request({ input: { username: names[next++ % people], password: PASSWORD } }),
      read(body) {
        if (typeof dataOf(body)['login'].token !== 'string') throw new Error(`A login answered ${body}`)
      },
    }))
  }

async function registered(url: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, fresh)
  for (const name of names) await register(url, name)
  return names
}

/** Checks of usernames, in turns. Peers with Postern's schema understand them as well. */
export const checks =
  (connections: number, names: readonly string[], expected: (name: string) => Expected): CheckTalks =>
  ({ candidate: { url } }) => {
    const request = requestTo(url)
    let next = 0
    const talk = () => {
      let name = ''
      return {
        request() {
          name = names[next++ % names.length] ?? ''
          return request(check.before + name + check.after)
        },
        read(body: string) {
          const { available, reason, message } = expected(name)
          const correct = JSON.stringify({ available, username: name, reason, message })
          if (JSON.stringify(dataOf(body)['checkUsernameAvailability']) !== correct)
            throw new Error(`${url} answered ${body} instead of ${correct}`)
        },
      }
    }
    return Promise.resolve(Array.from({ length: connections }, talk))
  }
