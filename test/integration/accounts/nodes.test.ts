import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

const NODE = `query ($id: ID!) {
  node(id: $id) { __typename id ... on User { email role } ... on Session { current userAgent } }
}`
const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }'

let service: Service
let ada: SignedIn
let bob: SignedIn
let admin: SignedIn

beforeAll(async () => {
  service = await startService()
  ada = await service.signUp()
  bob = await service.signUp()
  admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
})
afterAll(() => service.stop())

const node = async (id: string, { token }: SignedIn) => (await service.succeed(NODE, { id }, token)).node
const sessionOf = async ({ token }: SignedIn): Promise<string> =>
  (await service.succeed('{ sessions { id } }', {}, token)).sessions[0].id

describe('node', () => {
  it('finds the signed-in user by the id of the profile', async () => {
    expect(await node(ada.id, ada)).toEqual({ __typename: 'User', id: ada.id, email: ada.email, role: 'USER' })
  })

  it('finds an active session of the signed-in user, and not after it has ended', async () => {
    const id = await sessionOf(ada)
    expect(await node(id, ada)).toMatchObject({ __typename: 'Session', id, current: true })
    const other = await service.login(ada)
    // The most recently used session comes first.
    const otherId = await sessionOf({ ...ada, ...other })
    expect(await node(otherId, ada)).toMatchObject({ __typename: 'Session', id: otherId, current: false })
    await service.succeed('mutation ($id: ID!) { revokeSession(id: $id) }', { id: otherId }, ada.token)
    expect(await node(otherId, ada)).toBeNull()
  })

  it('answers the same for what belongs to others, what does not exist and what is no id', async () => {
    const ids = [bob.id, await sessionOf(bob), randomUUID(), ada.id.toUpperCase(), '', '0', 'é', `${ada.id} `]
    const answers = await Promise.all(ids.map((id) => service.graphql(NODE, { id }, ada.token)))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set([`200 ${JSON.stringify({ data: { node: null } })}\n`]),
    )
  })

  it('finds every user for an administrator, and the sessions of no one else', async () => {
    expect(await node(ada.id, admin)).toMatchObject({ __typename: 'User', email: ada.email })
    expect(await node(admin.id, admin)).toMatchObject({ __typename: 'User', role: 'ADMIN' })
    expect(await node(await sessionOf(admin), admin)).toMatchObject({ __typename: 'Session', current: true })
    expect(await node(await sessionOf(ada), admin)).toBeNull()
    expect(await node(randomUUID(), admin)).toBeNull()
  })

  it('uses the role in MySQL, not the one in the token', async () => {
    const former = await service.signUpAdmin((email) =>
      service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null),
    )
    await service.database.query(`UPDATE users SET role = 'USER' WHERE id = ?`, [former.id])
    expect(await node(ada.id, former)).toBeNull()
  })

  it('no longer finds a deleted user', async () => {
    const user = await service.signUp()
    expect(await node(user.id, admin)).toMatchObject({ id: user.id })
    await service.succeed('mutation ($p: String!) { deleteAccount(password: $p) }', { p: user.password }, user.token)
    expect(await node(user.id, admin)).toBeNull()
  })

  it('answers UNAUTHENTICATED without a token, whether the node exists or not', async () => {
    for (const id of [ada.id, randomUUID(), 'x']) {
      const { code, data } = await service.graphql(NODE, { id })
      expect([code, data]).toEqual(['UNAUTHENTICATED', { node: null }])
    }
  })
})

describe('nodes', () => {
  it('finds several, in the order of the ids, with null for what is not found', async () => {
    const session = await sessionOf(ada)
    const { nodes } = await service.succeed(NODES, { ids: [session, bob.id, ada.id, 'x', session] }, ada.token)
    const found = { __typename: 'Session', id: session }
    expect(nodes).toEqual([found, null, { __typename: 'User', id: ada.id }, null, found])
  })

  it('finds users and sessions for an administrator', async () => {
    const ids = [bob.id, randomUUID(), await sessionOf(admin), ada.id]
    const { nodes } = await service.succeed(NODES, { ids }, admin.token)
    expect((nodes as ({ id: string } | null)[]).map((found) => found?.id)).toEqual([ids[0], undefined, ids[2], ids[3]])
  })

  it('finds nothing for no ids', async () => {
    for (const { token } of [ada, admin])
      expect(await service.succeed(NODES, { ids: [] }, token)).toEqual({ nodes: [] })
  })

  it('takes 100 ids and refuses more', async () => {
    const ids = Array.from({ length: 101 }, () => randomUUID())
    expect((await service.succeed(NODES, { ids: ids.slice(1) }, admin.token)).nodes).toHaveLength(100)
    const { errors } = await service.graphql(NODES, { ids }, ada.token)
    expect(errors[0]?.extensions).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: 'ids', message: 'Ids must have at most 100 entries.' }],
    })
  })
})
