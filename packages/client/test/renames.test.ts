import { afterAll, beforeAll, expect, it } from 'vitest'
import { unique } from '../../../test/support/client.js'
import { startService, type Service } from '../../../test/support/service.js'
import { createClient } from '../src/index.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

it('renames as often as the policy allows, and shows the former usernames', async () => {
  const account = await service.register()
  const client = createClient({ url: `${service.url}/graphql` })
  const policy = await client.policy()
  expect(policy).toEqual({
    passwordMinLength: 8,
    usernameRenames: 3,
    usernameRenamePeriod: 2592000,
    usernameHold: 2592000,
    captcha: null,
    verifiedEmailRequired: false,
    registrationHidden: false,
  })
  await client.login({ email: account.email, password: account.password })
  const names = Array.from({ length: policy.usernameRenames }, () => unique())
  for (const username of names) expect(await client.updateProfile({ username })).toMatchObject({ username })
  const retryAfter: unknown = expect.toSatisfy((seconds: number) => seconds > 0 && seconds <= 2592000)
  await expect(client.updateProfile({ username: unique() })).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    retryAfter,
  })

  const history = await client.usernameHistory()
  expect(history.map(({ username }) => username)).toEqual([...names.toReversed(), account.username])
  expect(history[0]).toMatchObject({ claimedAt: expect.stringMatching(/Z$/), releasedAt: null, heldUntil: null })
  expect(history[1]).toMatchObject({ heldUntil: expect.stringMatching(/Z$/) })
  expect(await client.checkUsername(account.username)).toMatchObject({ available: false, reason: 'HELD' })
  expect(await client.checkUsername('adm1n')).toMatchObject({ available: false, reason: 'CONFUSABLE' })
})
