// What the clients of the gateway say.
import type { Pool } from 'mysql2/promise'
import { requestTo, type Talk } from '../load/traffic.ts'
import { insertSessions } from '../stage/access-tokens.ts'
import { idOf } from '../stage/schemas.ts'

const USERS_PER_LINE = 8

/** A person, and an access token of theirs. */
export interface SignedIn {
  id: string
  token: string
}

type Json = Record<string, any>

const inTurns = (requests: readonly Buffer[], read: (answer: Json, n: number) => boolean): Talk => {
  let last = -1
  return {
    request: () => requests[++last % requests.length]!,
    read(body) {
      if (!read(JSON.parse(body) as Json, last % requests.length)) throw new Error(`An answer was ${body}`)
    },
  }
}

/** Signs in the first users: so many that each line has people of its own. */
export async function signedIn(database: Pool, lines: number, secret: string): Promise<SignedIn[]> {
  const tokens = await insertSessions(database, lines * USERS_PER_LINE, secret)
  return tokens.map((token, n) => ({ id: idOf(n + 1), token }))
}

/** The people of each line. */
const shares = (lines: number, people: readonly SignedIn[]) =>
  Array.from({ length: lines }, (_, line) => people.slice(line * USERS_PER_LINE, (line + 1) * USERS_PER_LINE))

export function restValidations(url: string, lines: number, people: readonly SignedIn[]): Talk[] {
  const request = requestTo(new URL('/auth/validate', url).href)
  return shares(lines, people).map((own) =>
    inTurns(
      own.map(({ token }) => request(JSON.stringify({ token }))),
      ({ valid, userId }, n) => valid === true && userId === own[n]!.id,
    ),
  )
}

/** `id`: of everyone, where a server has one profile only. */
export function restProfiles(url: string, lines: number, people: readonly SignedIn[], id?: string): Talk[] {
  const request = (token: string) => requestTo(new URL('/auth/me', url).href, { Authorization: `Bearer ${token}` })()
  return shares(lines, people).map((own) =>
    inTurns(
      own.map(({ token }) => request(token)),
      ({ user }, n) => user.id === (id ?? own[n]!.id),
    ),
  )
}

/** Each name is requested by every line. */
export function restChecks(url: string, lines: number, names: readonly string[], available: boolean): Talk[] {
  const requests = names.map((name) => requestTo(new URL(`/usernames/${name}/availability`, url).href)())
  const read = (answer: Json, n: number) =>
    (answer['available'] ?? false) === available && answer['username'] === names[n]
  return Array.from({ length: lines }, () => inTurns(requests, read))
}
