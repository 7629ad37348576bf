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

const USERS = `query ($role: UserRole, $first: Int, $after: ID) {
  users(role: $role, first: $first, after: $after) { edges { cursor node { id role } } pageInfo { hasNextPage endCursor } }
}`

interface Page {
  edges: { cursor: string; node: { id: string; role: string } }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

const page = async (variables: object): Promise<Page> => (await service.succeed(USERS, variables, admin.token)).users

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
    expect(await page({ after: last })).toEqual({ edges: [], pageInfo: { hasNextPage: false, endCursor: null } })
  })

  it.each([
    ['first', { first: 0 }],
    ['first', { first: 101 }],
    ['first', { first: -1 }],
    ['after', { after: 'nonsense' }],
  ])('answers INVALID_INPUT for %s of %o', async (path, variables) => {
    const { errors } = await service.graphql(USERS, variables, admin.token)
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path }] })
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
