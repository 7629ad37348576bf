import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service
let admin: SignedIn

beforeAll(async () => {
  service = await startService()
  const account = await service.register()
  await service.app.services.accounts.roles.setRole({ email: account.email }, 'ADMIN', null)
  admin = { ...account, ...(await service.login(account)) }
  for (let i = 0; i < 6; i++) await service.register()
})
afterAll(() => service.stop())

const USERS = `query ($role: UserRole, $first: Int, $after: ID, $last: Int, $before: ID) {
  users(role: $role, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id role } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

interface Page {
  edges: { cursor: string; node: { id: string; role: string } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

const page = async (variables: object): Promise<Page> => (await service.succeed(USERS, variables, admin.token)).users
const idsOf = ({ edges }: Page) => edges.map(({ node }) => node.id)

describe('users', () => {
  it('lists all of them page by page, each once, in the order in which they registered', async () => {
    const ids: string[] = []
    for (let after: string | null = null, more = true; more;) {
      const { edges, pageInfo } = await page({ first: 3, after })
      ids.push(...edges.map(({ node }) => node.id))
      expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor)
      after = pageInfo.endCursor
      more = pageInfo.hasNextPage
    }
    expect(ids).toHaveLength(7)
    expect(ids).toEqual([...new Set(ids)].toSorted())
  })

  it('has no next page if a page ends exactly at the last user', async () => {
    expect((await page({ first: 7 })).pageInfo.hasNextPage).toBe(false)
  })

  it('filters by role', async () => {
    expect((await page({ role: 'ADMIN' })).edges.map(({ node }) => node.id)).toEqual([admin.id])
    expect((await page({ role: 'USER' })).edges).toHaveLength(6)
  })

  it('treats null as omitted', async () => {
    expect((await page({ role: null, first: null, after: null })).edges).toHaveLength(7)
  })

  it('is empty after the last user', async () => {
    const last = (await page({})).pageInfo.endCursor
    expect(await page({ after: last })).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    })
  })

  it('goes back page by page, each user once, and each page in the order in which they registered', async () => {
    const pages: string[][] = []
    for (let before: string | null = null, more = true; more;) {
      const { edges, pageInfo } = await page({ last: 3, before })
      pages.unshift(edges.map(({ node }) => node.id))
      expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0]?.cursor, edges.at(-1)?.cursor])
      expect(pageInfo.hasNextPage).toBe(before !== null)
      before = pageInfo.startCursor
      more = pageInfo.hasPreviousPage
    }
    expect(pages.map(({ length }) => length)).toEqual([1, 3, 3])
    expect(pages.flat()).toEqual(idsOf(await page({})))
  })

  it('has a previous page after any user, and none from the start', async () => {
    const first = await page({ first: 1 })
    expect(first.pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: true })
    const second = await page({ first: 1, after: first.pageInfo.endCursor })
    expect(second.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: true })
    const back = await page({ last: 1, before: second.pageInfo.startCursor })
    expect(idsOf(back)).toEqual(idsOf(first))
    expect(back.pageInfo).toMatchObject({ hasPreviousPage: false, hasNextPage: true })
  })

  it('has previous and next pages only of the role that it lists', async () => {
    // The only administrator registered first.
    const { pageInfo } = await page({ role: 'ADMIN' })
    expect((await page({ role: 'USER', first: 1, after: pageInfo.endCursor })).pageInfo.hasPreviousPage).toBe(false)
    const oldest = (await page({ role: 'USER', first: 1 })).pageInfo.startCursor
    expect((await page({ role: 'ADMIN', last: 1, before: oldest })).pageInfo.hasNextPage).toBe(false)
  })

  it('lists what is between two cursors', async () => {
    const all = (await page({})).edges
    const range = { after: all[1]!.cursor, before: all[5]!.cursor }
    const ids = all.map(({ node }) => node.id)
    expect(idsOf(await page(range))).toEqual(ids.slice(2, 5))
    const forward = await page({ ...range, first: 2 })
    expect([idsOf(forward), forward.pageInfo.hasNextPage]).toEqual([ids.slice(2, 4), true])
    const backward = await page({ ...range, last: 2 })
    expect([idsOf(backward), backward.pageInfo.hasPreviousPage]).toEqual([ids.slice(3, 5), true])
    expect(idsOf(await page({ after: range.before, before: range.after }))).toEqual([])
  })

  it('repeats and skips no one when users register and are deleted between two pages', async () => {
    const temporary = await service.register()
    const before = await page({ first: 100 })
    const { cursor } = before.edges.find(({ node }) => node.id === temporary.id)!
    await service.database.query('DELETE FROM users WHERE id = ?', [temporary.id])
    const later = await service.register()
    const next = await page({ first: 100, after: cursor })
    expect(idsOf(next)).toEqual([later.id])
    expect(idsOf(await page({ last: 100, before: cursor }))).toEqual(idsOf(before).filter((id) => id !== temporary.id))
    await service.database.query('DELETE FROM users WHERE id = ?', [later.id])
  })

  it('has cursors that do not show what they consist of', async () => {
    for (const { cursor, node } of (await page({})).edges) expect(cursor).not.toContain(node.id)
  })

  it.each([
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['first', { first: -1 }],
    ['last', { last: 0 }],
    ['last', { last: 101 }],
    ['last', { last: -1 }],
    ['last', { first: 1, last: 1 }],
    ['after', { after: 'nonsense' }],
    ['after', { after: '' }],
    ['after', { after: 'zzzzzzzzzzzzzzzzzzzzzz' }],
    ['after', { after: '01234567-89ab-7def-8123-456789abcdef' }],
    ['before', { before: "' OR 1=1 -- é" }],
  ])('answers INVALID_INPUT for %s of %o', async (path, variables) => {
    const { errors } = await service.graphql(USERS, variables, admin.token)
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path }] })
  })

  it('says what is wrong with a page', async () => {
    const { errors } = await service.graphql(USERS, { first: 1, last: 1, before: 'x' }, admin.token)
    expect(errors[0]?.extensions.fields?.map(({ message }) => message)).toEqual([
      'Before must be a cursor from this list.',
      'Use either first or last, not both.',
    ])
  })

  it('answers FORBIDDEN to users and UNAUTHENTICATED without a token', async () => {
    const user = await service.signUp()
    expect((await service.graphql(USERS, {}, user.token)).code).toBe('FORBIDDEN')
    expect((await service.graphql(USERS)).code).toBe('UNAUTHENTICATED')
  })

  it('uses the role in MySQL, not the one in the token', async () => {
    const account = await service.register()
    await service.app.services.accounts.roles.setRole({ email: account.email }, 'ADMIN', null)
    const { token } = await service.login(account)
    await service.database.query(`UPDATE users SET role = 'USER' WHERE id = ?`, [account.id])
    expect((await service.graphql(USERS, {}, token)).code).toBe('FORBIDDEN')
  })
})

describe('the operator', () => {
  it('ends the sessions of a user whose role changes', async () => {
    const user = await service.signUp()
    expect(
      await service.app.services.accounts.roles.setRole({ email: user.email.toUpperCase() }, 'ADMIN', null),
    ).toMatchObject({
      changed: true,
    })
    expect((await service.graphql('{ profile { id } }', {}, user.token)).code).toBe('UNAUTHENTICATED')
    expect(await service.app.services.accounts.roles.setRole({ email: user.email }, 'ADMIN', null)).toMatchObject({
      changed: false,
    })
  })

  it('gets NOT_FOUND for an unknown email address', async () => {
    await expect(
      service.app.services.accounts.roles.setRole({ email: 'unknown@example.com' }, 'ADMIN', null),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})
