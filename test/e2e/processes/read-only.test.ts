import { expect, it } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'

/** Node.js refuses to write any file, as a container with a read-only root and no volume does. */
const READ_ONLY = '--permission --allow-fs-read=* --allow-child-process --allow-addons --allow-worker'

it('the service works where it can write no file', async () => {
  const database = await createTestDatabase()
  const env = { DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), NODE_OPTIONS: READ_ONLY }
  const service = await startServiceProcess(env)
  const { token } = await service.signUp()
  expect((await service.graphql('{ profile { id } }', {}, token)).code).toBeUndefined()
  await service.graphql('mutation { logout }', {}, token)
  expect((await service.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
  service.kill('SIGTERM')
  expect(await service.finished).toMatchObject({ code: 0, stderr: expect.not.stringContaining('ERR_ACCESS') as string })
  await database.drop()
})
