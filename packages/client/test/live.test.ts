import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createClient, type Client, type SignOutReason } from '../src/index.js'
import { type Activity, follow } from '../src/live.js'
import type { Account } from '../../../test/support/client.js'
import { startService, type Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'

let service: Service
let client: Client
let account: Account
let signOuts: SignOutReason[]
let seen: Activity[]
let opened: number
let stop: () => void

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
beforeEach(async () => {
  client = createClient({ url: `${service.url}/graphql` })
  account = await service.register()
  ;[signOuts, seen, opened] = [[], [], 0]
  client.onSignOut((reason) => signOuts.push(reason))
  await client.login({ email: account.email, password: account.password })
  stop = follow(client, { onActivity: (activity) => seen.push(activity), onOpen: () => opened++ })
  await until('the stream is open', () => opened === 1)
})
afterEach(() => client.close())

const connections = () => service.app.services.subscriptions.countOf(account.id)

it('a client that follows gets the activity of the account', async () => {
  await service.login(account)
  await until('the activity has arrived', () => seen.length > 0)
  expect(seen).toMatchObject([{ action: 'LOGIN', result: 'SUCCESS', actor: 'USER', actorId: account.id }])
})

it('it is signed out at once when its session is ended elsewhere, and stops', async () => {
  const { token } = await service.login(account)
  await service.succeed('mutation { logoutAll }', {}, token)
  await until('the client is signed out', () => signOuts.length > 0)
  expect(signOuts).toEqual(['revoked'])
  expect(client.state).toEqual({ status: 'signed-out', reason: 'revoked' })
  await until('the connection is closed', () => connections() === 0)
})

it('its own logout is no surprise', async () => {
  await client.logout()
  await until('the connection is closed', () => connections() === 0)
  expect(signOuts).toEqual(['signed-out'])
})

it('it opens a new stream after a change of its password, which revokes its token', async () => {
  await client.changePassword({ oldPassword: account.password, newPassword: 'battery staple' })
  await until('another stream is open', () => opened === 2)
  expect(signOuts).toEqual([])
})

it('it can be stopped', async () => {
  stop()
  await until('the connection is closed', () => connections() === 0)
})

it('without subscriptions at the service, nothing happens', async () => {
  const answers: number[] = []
  const fetch: typeof globalThis.fetch = async (url, init) => {
    if (url !== `${service.url}/graphql/stream`) return globalThis.fetch(url, init)
    const response = await globalThis.fetch(`${service.url}/nothing`, init)
    answers.push(response.status)
    return response
  }
  const other = createClient({ url: `${service.url}/graphql`, fetch })
  await other.login({ email: account.email, password: account.password })
  follow(other)
  await until('it has tried', () => answers.length > 0)
  expect((await other.profile()).id).toBe(account.id)
  expect(answers).toEqual([404])
  other.close()
})
