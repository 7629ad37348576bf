import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { connectTestRedis } from '../../support/redis.js'
import { startService, type Service } from '../../support/service.js'

let service: Service
let redis: Redis

beforeAll(async () => {
  redis = await connectTestRedis()
  service = await startService()
})
afterAll(async () => {
  await service.stop()
  redis.disconnect()
})

const problemOf = (username: string) => service.app.services.usernames.availability.findClaimProblem(username)

it('returns the reason, the code and a message for a username that cannot be claimed', async () => {
  const { username } = await service.register()
  const released = await service.signUp()
  await service.succeed('mutation { updateProfile(input: { username: null }) { id } }', {}, released.token)
  const protectedUsername = unique('brand-')
  await service.app.services.usernames.protectedUsernames.protect(protectedUsername)

  for (const [unclaimable, reason, code, message] of [
    ['Admin', 'RESERVED', 'USERNAME_RESERVED', 'This username is reserved.'],
    [protectedUsername, 'RESERVED', 'USERNAME_RESERVED', 'This username is reserved.'],
    ['adm1n', 'CONFUSABLE', 'USERNAME_RESERVED', 'This username looks like a reserved one.'],
    [username.toUpperCase(), 'TAKEN', 'USERNAME_TAKEN', 'This username is taken.'],
    [
      ...[released.username, 'HELD', 'USERNAME_TAKEN'],
      'This username was released recently and is held for its last owner.',
    ],
  ] as const)
    expect(await problemOf(unclaimable), unclaimable).toEqual({ reason, code, message })
})

it('finds no problem with an available username, even if Redis has it as taken', async () => {
  const username = unique()
  await redis.set(`username_exists:${username}`, '1')
  expect(await problemOf(username)).toBeNull()
})

it('finds a username that another instance has protected', async () => {
  const username = unique('brand-')
  const sql = "INSERT INTO usernames (username_key, display, state, protected_at) VALUES (?, ?, 'RELEASED', NOW(3))"
  await service.database.query(sql, [username, username])
  expect(await problemOf(username)).toMatchObject({ reason: 'RESERVED', code: 'USERNAME_RESERVED' })
})
