// Empties the Redis database of this worker before each test file: usernames of the file before are still taken there.
import { beforeAll } from 'vitest'
import { connectTestRedis } from './redis.js'

beforeAll(async () => {
  await (await connectTestRedis()).quit()
})
