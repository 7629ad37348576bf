import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { storedEntries, type StoredEntry } from '../../support/audit.js'
import { startFrontDoors, type FrontDoors } from '../../support/front-doors.js'
import { startGithubServer, type GithubServer } from '../../support/github-server.js'
import { FRONTEND } from '../../support/oauth-service.js'
import { PATIENCE_MS } from '../../support/wait.js'
import { inCommon } from './comparable.js'
import { ADDRESS, USER_AGENT, type Door } from './door.js'
import { graphqlDoor } from './graphql-door.js'
import { grpcDoor } from './grpc-door.js'
import { grpcWebDoor } from './grpc-web-door.js'
import { openApi, type OpenApi, type OpenApiDocument } from './openapi.js'
import { restDoor } from './rest-door.js'
import { LIMIT, scenarios } from './scenarios.js'
import { createStage, type Stage } from './stage.js'

let github: GithubServer
let front: FrontDoors
/** GraphQL first: the others are compared with it. */
let doors: Door[]
let api: OpenApi
/** The stages of each scenario that was played, in the order of the doors. */
const played: Stage[][] = []

beforeAll(async () => {
  github = await startGithubServer()
  front = await startFrontDoors({
    TRUST_PROXY: '127.0.0.1',
    ALLOWED_ORIGINS: FRONTEND,
    GITHUB_URL: github.origin,
    GITHUB_CLIENT_ID: github.client.client_id,
    GITHUB_CLIENT_SECRET: github.client.client_secret,
    RATE_LIMIT_LOGIN: `${LIMIT}/3600`,
    RATE_LIMIT_UPDATE_PROFILE: `${LIMIT}/3600`,
  })
  const { service, gateway } = front
  const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as OpenApiDocument
  api = openApi(document)
  doors = [
    ...[graphqlDoor(service.url), grpcDoor(front.grpcAddress)],
    ...[restDoor(gateway.url, api), grpcWebDoor(gateway.url)],
  ]
})
afterAll(async () => {
  for (const door of doors) door.close()
  await front.stop()
  await github.stop()
})

/**
 * The audit log of the person of a stage. Refusals are recorded later than what happened after them, so it is sorted. How many
 * entries the same refusal has depends on when they were written, so it is here once.
 */
async function audited(stage: Stage) {
  const { database } = front.service
  const [user] = await database.query<{ id: string }>('SELECT id FROM users WHERE email = ?', [stage.person.email])
  if (!user) return []
  const entries = (await storedEntries(database, { account: user.id })).map((entry) => entryOf(entry, stage))
  const keyOf = (entry: (typeof entries)[number]) => JSON.stringify(entry)
  const isRepeated = (entry: (typeof entries)[number], i: number) =>
    entry.result !== 'SUCCESS' && entries.findIndex((one) => keyOf(one) === keyOf(entry)) < i
  return entries
    .filter((entry, i) => !isRepeated(entry, i))
    .toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}

function entryOf({ action, result, actor, facts, ...entry }: StoredEntry, stage: Stage) {
  const { times: _, ...others } = JSON.parse(facts) as Record<string, string>
  return {
    ...{ action, result, actor },
    // How many refusals one entry is for depends on when it was written.
    facts: inCommon(others, stage.person.username),
    isFromPerson: entry.ip_address === ADDRESS && entry.user_agent?.includes(USER_AGENT) === true,
    hasRequestId: entry.request_id !== null && stage.requestIds().includes(entry.request_id),
  }
}

describe('every door has the same results, codes and messages when', () => {
  it.each(scenarios)('$title', async ({ codes, play }) => {
    const stages = doors.map((door) => createStage(door, front.service, github))
    for (const stage of stages) {
      await play(stage)
      expect(stage.codes()).toEqual(codes)
    }
    const [reference, ...others] = stages
    for (const stage of others) expect(stage.outcomes()).toEqual(reference!.outcomes())
    played.push(stages)
  })
})

it('the audit log has the same entries whatever the door, with the address, the program and the request', async () => {
  expect(played).toHaveLength(scenarios.length)
  // Refusals are recorded within a second.
  await vi.waitFor(
    async () => {
      const logs = await Promise.all(played.map((stages) => Promise.all(stages.map(audited))))
      expect(logs.flat(2).filter(({ result }) => result === 'LOCKED')).toHaveLength(doors.length)
      // Two-step verification is switched on behind the scenes.
      expect(logs.flat(2).filter(({ isFromPerson }) => !isFromPerson)).toHaveLength(doors.length)
      for (const [reference, ...others] of logs) for (const log of others) expect(log).toEqual(reference)
    },
    { timeout: PATIENCE_MS, interval: 200 },
  )
})

it('failures through different doors count together, so that the account is locked at all of them', async () => {
  const stages = doors.map((door) => createStage(door, front.service, github))
  const { email, password } = await stages[0]!.signUp()
  for (const stage of stages.slice(-LIMIT)) await stage.call('login', { email, password: 'wrong horse' })
  for (const stage of stages) {
    await stage.call('login', { email, password })
    expect(stage.codes().at(-1)).toBe('RATE_LIMITED')
  }
})

it('a session that was started through one door works at the others, and ends everywhere at once', async () => {
  const stages = doors.map((door) => createStage(door, front.service, github))
  const { token } = await stages.at(-1)!.signUp()
  for (const stage of stages) await stage.succeed('getUserProfile', {}, token)
  await stages[1]!.succeed('logout', {}, token)
  for (const stage of stages) {
    await stage.call('getUserProfile', {}, token)
    expect(stage.codes().at(-1)).toBe('UNAUTHENTICATED')
  }
})

it('the operations of the gateway itself respond as the OpenAPI document says', async () => {
  const { service, gateway } = front
  const user = await service.signUp()
  const admin = await service.signUpAdmin((email) =>
    service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null),
  )
  for (const [id, token, status] of [
    ['getOverview', user.token, 200],
    ['getCircuitBreakerStatus', user.token, 403],
    ['getCircuitBreakerStatus', admin.token, 200],
  ] as const) {
    const { path } = api.request(id, {})
    const response = await fetch(gateway.url + path, { headers: { authorization: `Bearer ${token}` } })
    expect(api.problemsOf(id, response, await response.json())).toEqual([])
    expect(response.status).toBe(status)
  }
})
