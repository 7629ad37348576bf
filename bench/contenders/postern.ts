// Builds of Postern, and what their clients say.
import { resolve } from 'node:path'
import { root } from '../../tools/launch/paths.mjs'
import { post } from '../load/answers.ts'
import type { Contender } from '../load/slices.ts'
import { requestTo, type Talk } from '../load/traffic.ts'
import { insertSessions } from '../stage/access-tokens.ts'
import type { Candidate } from '../stage/candidate.ts'
import { idOf, settle } from '../stage/schemas.ts'
import type { Data, Stage } from '../stage/stage.ts'
import { over } from './over.ts'

export const NOW = 'Postern'
export const AGAIN = 'Postern, a second time'
export const BEFORE = 'Postern, the build before'

/** Users who own usernames, in the database of each build. */
export const USERS = 20_000

/** A checkout that is built, with data of its own. */
export interface Build {
  name: string
  folder: string
  data: Data
}

/** This build twice, which shows the noise, and the one of `before`. Each fills its own caches and is its own relay. */
export async function preparePosterns(stage: Stage, before?: string): Promise<Build[]> {
  const folders = [[NOW, root], [AGAIN, root], ...(before === undefined ? [] : [[BEFORE, resolve(before)]])]
  const builds = []
  for (const [name = '', folder = ''] of folders) {
    const data = await stage.data(folder)
    await settle(data.database, USERS)
    builds.push({ name, folder, data })
  }
  return builds
}

export interface Running {
  stage: Stage
  build: Build
  candidate: Candidate
}

/** Prepares what the connections say to a server that was just started. */
export type Talks = (running: Running) => Promise<Talk[]>

/** A build under load. `env` is added to the environment of production. */
export function postern(stage: Stage, build: Build, talks: Talks, env: Record<string, string> = {}): Contender {
  const { name, folder, data } = build
  return over(
    name,
    () => stage.postern(data, { name, folder, env }),
    (candidate) => talks({ stage, build, candidate }),
  )
}

/** The bytes of an operation. */
export function graphql(url: string, query: string, variables: object = {}, token?: string): Buffer {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return requestTo(url, headers)(JSON.stringify({ query, variables }))
}

/** The data of an answer. Throws if it has errors. */
export function dataOf(body: string): Record<string, any> {
  const { data, errors } = JSON.parse(body) as { data?: Record<string, any>; errors?: unknown }
  if (errors || !data) throw new Error(`An answer was ${body}`)
  return data
}

const PROFILE = '{ profile { id } }'
const LOGOUT = 'mutation { logout }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token refreshToken userId } }'
export const PASSWORD = 'correct horse battery'

/** Who am I: each connection for users of its own, in turns. */
export const profiles =
  (connections: number): Talks =>
  async ({ stage, build, candidate: { url } }) => {
    const tokens = await insertSessions(build.data.database, connections * 8, stage.secrets.JWT_SECRET)
    return Array.from({ length: connections }, (_, line) => {
      const own = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => {
        const user = line * 8 + n
        return { id: idOf(user + 1), bytes: graphql(url, PROFILE, {}, tokens[user]) }
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
    return Promise.all(
      names.map(async (username) => {
        const input = { username, password: PASSWORD }
        const { login } = await post(url, JSON.stringify({ query: LOGIN, variables: { input } }))
        let token = login.refreshToken as string
        return {
          readsAll: true as const,
          request: () => graphql(url, REFRESH, { token }),
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
        return graphql(url, LOGOUT, {}, token)
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
  ({ candidate: { url } }) =>
    Promise.resolve(
      Array.from({ length: connections }, () => ({
        request: () => graphql(url, REGISTER, { input: account(fresh()) }),
        read(body) {
          if (typeof dataOf(body)['register'].user.id !== 'string') throw new Error(`A registration answered ${body}`)
        },
      })),
    )

/** Logins of `people` users, in turns. */
export const logins =
  (connections: number, people: number): Talks =>
  async ({ candidate: { url } }) => {
    const names = await registered(url, people)
    let next = 0
    return Array.from({ length: connections }, () => ({
      request: () => graphql(url, LOGIN, { input: { username: names[next++ % names.length], password: PASSWORD } }),
      read(body) {
        if (typeof dataOf(body)['login'].token !== 'string') throw new Error(`A login answered ${body}`)
      },
    }))
  }

async function registered(url: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, fresh)
  for (const name of names) {
    await post(url, JSON.stringify({ query: REGISTER, variables: { input: account(name) } }))
  }
  return names
}
