import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service
let admin: SignedIn
let user: SignedIn

const SET_ROLE = 'mutation ($id: ID!, $role: UserRole!) { setUserRole(userId: $id, role: $role) { id } }'

beforeAll(async () => {
  service = await startService()
  admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
  const account = await service.register()
  await service.succeed(SET_ROLE, { id: account.id, role: 'ADMIN' }, admin.token)
  await service.succeed(SET_ROLE, { id: account.id, role: 'USER' }, admin.token)
  user = { ...account, ...(await service.login(account)) }
  await service.succeed('mutation { updateProfile(input: { firstName: "Ada" }) { id } }', {}, user.token)
})
afterAll(() => service.stop())

const FIELDS = `edges { cursor node {
    id at action result actor actorId accountId facts { name value } ipAddress userAgent requestId detailsErased position
  } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`
const ARGUMENTS = 'first: $first, after: $after, last: $last, before: $before'
const LOG = `query ($filter: AuditFilter, $first: Int, $after: ID, $last: Int, $before: ID) {
  auditLog(filter: $filter, ${ARGUMENTS}) { ${FIELDS} } }`
const ACTIVITY = `query ($first: Int, $after: ID, $last: Int, $before: ID) { myActivity(${ARGUMENTS}) { ${FIELDS} } }`

interface Entry {
  id: string
  at: string
  action: string
  actor: string
  actorId: string | null
  facts: { name: string; value: string }[]
  ipAddress: string | null
  position: number | null
}

interface Page {
  edges: { cursor: string; node: Entry }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

const log = async (variables: object = {}): Promise<Page> =>
  (await service.succeed(LOG, variables, admin.token)).auditLog
const activity = async (variables: object, { token }: SignedIn): Promise<Page> =>
  (await service.succeed(ACTIVITY, variables, token)).myActivity
const actionsOf = ({ edges }: Page) => edges.map(({ node }) => node.action)
const ofUser = () => ({ accountId: user.id })

const OF_USER = ['UPDATE_PROFILE', 'LOGIN', 'SET_ROLE', 'SET_ROLE', 'REGISTER']

describe('auditLog', () => {
  it('is for administrators', async () => {
    expect((await service.graphql(LOG)).code).toBe('UNAUTHENTICATED')
    expect((await service.graphql(LOG, {}, user.token)).code).toBe('FORBIDDEN')
  })

  it('lists everything, the newest first, with who, what, when and from where', async () => {
    const { edges } = await log()
    expect(edges).toHaveLength(8)
    const times = edges.map(({ node }) => node.at)
    expect(times).toEqual(times.toSorted().reverse())
    expect(edges[0]!.node).toMatchObject({
      ...{ action: 'UPDATE_PROFILE', result: 'SUCCESS', actor: 'USER', actorId: user.id, accountId: user.id },
      ...{ facts: [{ name: 'fields', value: 'firstName' }], ipAddress: '127.0.0.1', userAgent: 'node' },
      ...{ requestId: expect.any(String), detailsErased: false },
    })
    await expect.poll(async () => (await log()).edges.every(({ node }) => node.position !== null)).toBe(true)
  })

  it('filters by account, actor, action, result and time', async () => {
    expect(actionsOf(await log({ filter: ofUser() }))).toEqual(OF_USER)
    expect(actionsOf(await log({ filter: { ...ofUser(), actorId: admin.id } }))).toEqual(['SET_ROLE', 'SET_ROLE'])
    expect(actionsOf(await log({ filter: { action: 'REGISTER' } }))).toEqual(['REGISTER', 'REGISTER'])
    expect(actionsOf(await log({ filter: { result: 'LOCKED' } }))).toEqual([])
    const { edges } = await log({ filter: ofUser() })
    const [from, to] = [edges[2]!.node.at, edges[0]!.node.at]
    const between = edges.filter(({ node: { at } }) => at >= from && at < to).map(({ node }) => node.action)
    expect(actionsOf(await log({ filter: { ...ofUser(), from, to } }))).toEqual(between)
    expect(actionsOf(await log({ filter: { from: '9999-01-01T00:00:00Z' } }))).toEqual([])
    expect(await log({ filter: null })).toMatchObject({ pageInfo: { hasNextPage: false } })
  })

  it('pages in both directions', async () => {
    const filter = ofUser()
    const forward: string[] = []
    for (let after: string | null = null, more = true; more;) {
      const { edges, pageInfo }: Page = await log({ filter, first: 2, after })
      forward.push(...edges.map(({ node }) => node.action))
      expect(pageInfo.hasPreviousPage).toBe(after !== null)
      after = pageInfo.endCursor
      more = pageInfo.hasNextPage
    }
    expect(forward).toEqual(OF_USER)
    const backward: string[][] = []
    for (let before: string | null = null, more = true; more;) {
      const { edges, pageInfo }: Page = await log({ filter, last: 2, before })
      backward.unshift(edges.map(({ node }) => node.action))
      expect(pageInfo.hasNextPage).toBe(before !== null)
      before = pageInfo.startCursor
      more = pageInfo.hasPreviousPage
    }
    expect(backward.map(({ length }) => length)).toEqual([1, 2, 2])
    expect(backward.flat()).toEqual(OF_USER)
  })

  it.each([
    ['filter.accountId', { filter: { accountId: 'é' } }],
    ['filter.actorId', { filter: { actorId: '' } }],
    ['filter.from', { filter: { from: '0001-01-01T00:00:00Z' } }],
    ['first', { first: 101 }],
    ['last', { first: 1, last: 1 }],
    ['after', { after: 'nonsense' }],
  ])('answers INVALID_INPUT for %s of %o', async (path, variables) => {
    const { errors } = await service.graphql(LOG, variables, admin.token)
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path }] })
  })
})

describe('myActivity', () => {
  it('is what happened to the own account, page by page', async () => {
    expect((await service.graphql(ACTIVITY)).code).toBe('UNAUTHENTICATED')
    const all = await activity({}, user)
    expect(actionsOf(all)).toEqual(OF_USER)
    const first = await activity({ first: 2 }, user)
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const next = await activity({ first: 10, after: first.pageInfo.endCursor }, user)
    expect([...actionsOf(first), ...actionsOf(next)]).toEqual(OF_USER)
    const back = await activity({ last: 10, before: next.pageInfo.startCursor }, user)
    expect(actionsOf(back)).toEqual(actionsOf(first))
  })

  it('shows what others did, but neither who nor from where', async () => {
    const { edges } = await activity({}, user)
    for (const { node } of edges) {
      const isOwn = node.action !== 'SET_ROLE'
      expect(node).toMatchObject({ actor: 'USER', ...(isOwn ? { actorId: user.id } : { actorId: null }) })
      const others = { ipAddress: null, userAgent: null, requestId: null }
      expect(node).toMatchObject(isOwn ? { ipAddress: '127.0.0.1', userAgent: 'node' } : others)
    }
  })
})

describe('node', () => {
  const NODE = 'query ($id: ID!) { node(id: $id) { id ... on AuditEntry { action actorId ipAddress } } }'

  it('finds the entries that the user can see, and shows no more of them than the lists do', async () => {
    const { edges } = await log({ filter: { ...ofUser(), action: 'SET_ROLE' } })
    const { id } = edges[0]!.node
    const find = async ({ token }: SignedIn): Promise<object | null> =>
      (await service.succeed(NODE, { id }, token)).node
    expect(await find(admin)).toEqual({ id, action: 'SET_ROLE', actorId: admin.id, ipAddress: '127.0.0.1' })
    expect(await find(user)).toEqual({ id, action: 'SET_ROLE', actorId: null, ipAddress: null })
    expect(await find(await service.signUp())).toBeNull()
  })
})

it('shows an entry that this version does not know, as a later version may write during an upgrade', async () => {
  const account = await service.register()
  await service.database.query(
    `INSERT INTO audit_entries (id, at, action, result, actor, account_id, facts)
     VALUES (UUID(), UTC_TIMESTAMP(3), 'LATER_ACTION', 'LATER', 'LATER', ?, 'no JSON')`,
    [account.id],
  )
  const { auditLog } = await service.succeed(LOG, { filter: { accountId: account.id }, first: 10 }, admin.token)
  const entries = (auditLog as Page).edges.map(({ node }) => node)
  expect(entries).toContainEqual(
    expect.objectContaining({ action: 'OTHER', result: 'FAILURE', actor: 'UNKNOWN', facts: [] }),
  )
  expect(entries).toContainEqual(expect.objectContaining({ action: 'REGISTER' }))
})
