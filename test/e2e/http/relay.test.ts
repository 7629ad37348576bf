import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { buildRelayClient, type RelayClient } from '../../support/relay-client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service
let relay: Awaited<ReturnType<typeof buildRelayClient>>
let admin: SignedIn
/** In the order in which they registered. */
let emails: string[]
/** Relay reports here what it does not expect of a server. */
const complaints = vi.spyOn(console, 'error')

beforeAll(async () => {
  service = await startService()
  relay = await buildRelayClient(service)
  admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
  emails = [admin.email]
  for (let i = 0; i < 6; i++) emails.push((await service.register()).email)
})
afterAll(async () => {
  relay.remove()
  await service.stop()
  expect(complaints.mock.calls).toEqual([])
})

const signedIn = ({ token }: SignedIn): RelayClient => relay.createRelayClient(service.url, token)
const emailsOf = (users: { email?: string }[]) => users.map(({ email }) => email)

it('pages forward through a connection', async () => {
  const list = await signedIn(admin).list({ first: 3 })
  expect([emailsOf(list.users()), list.hasNext(), list.hasPrevious()]).toEqual([emails.slice(0, 3), true, false])
  await list.loadNext(3)
  expect([emailsOf(list.users()), list.hasNext()]).toEqual([emails.slice(0, 6), true])
  await list.loadNext(3)
  expect([emailsOf(list.users()), list.hasNext(), list.hasPrevious()]).toEqual([emails, false, false])
})

it('pages backward through a connection', async () => {
  const list = await signedIn(admin).list({ last: 3 })
  expect([emailsOf(list.users()), list.hasPrevious(), list.hasNext()]).toEqual([emails.slice(4), true, false])
  await list.loadPrevious(3)
  expect([emailsOf(list.users()), list.hasPrevious()]).toEqual([emails.slice(1), true])
  await list.loadPrevious(3)
  expect([emailsOf(list.users()), list.hasPrevious()]).toEqual([emails, false])
})

it('pages through one role', async () => {
  const list = await signedIn(admin).list({ role: 'USER', first: 1 })
  await list.loadNext(2)
  expect(emailsOf(list.users())).toEqual(emails.slice(1, 4))
})

it('refetches a user of a connection, and the connection shows what changed', async () => {
  const client = signedIn(admin)
  const list = await client.list({ first: 1 })
  await service.succeed(
    'mutation { updateProfile(input: { firstName: "Ada", address: { city: "London" } }) { id } }',
    {},
    admin.token,
  )
  const refetched = await client.refetch(relay.fragments.user, list.references()[0]!)
  expect(refetched).toMatchObject({ email: admin.email, firstName: 'Ada', address: { city: 'London' } })
  expect(list.users()).toMatchObject([{ firstName: 'Ada' }])
})

it('shows the result of a mutation wherever the user is shown', async () => {
  const client = signedIn(admin)
  const list = await client.list({ first: 1 })
  await client.mutate('rename', { firstName: 'Augusta' })
  expect(list.users()).toMatchObject([{ email: admin.email, firstName: 'Augusta' }])
})

it('registers, and signs in with a store of its own', async () => {
  const account = { email: 'new@example.com', password: 'correct horse' }
  const { register } = await relay.createRelayClient(service.url).mutate('register', account)
  const client = relay.createRelayClient(service.url, (await service.login(account)).token)
  const [user] = await client.nodes([register.user.id as string])
  expect(client.read(relay.fragments.node, user!)).toMatchObject({ __typename: 'User', email: account.email })
})

it('refetches a session until it has ended', async () => {
  const user = await service.signUp()
  const client = signedIn(user)
  const [first] = await client.sessions()
  expect(await client.refetch(relay.fragments.session, first!)).toMatchObject({ current: true })
  await service.succeed('mutation { logoutAll }', {}, user.token)
  const again = signedIn({ ...user, ...(await service.login(user)) })
  expect(await again.nodes([first!['id'] as string])).toEqual([null])
})

it('refetches users and sessions through a fragment on Node', async () => {
  const user = await service.signUp()
  const client = signedIn(user)
  const [session] = await client.sessions()
  const nodes = await client.nodes([user.id, session!['id'] as string, admin.id])
  expect(nodes[2]).toBeNull()
  const refetched = await Promise.all(
    nodes.slice(0, 2).map((reference) => client.refetch(relay.fragments.node, reference!)),
  )
  expect(refetched).toMatchObject([
    { __typename: 'User', id: user.id, email: user.email },
    { __typename: 'Session', id: session!['id'], current: true },
  ])
  expect(client.sent.at(-1)).toContain('__isNode: __typename')
})
