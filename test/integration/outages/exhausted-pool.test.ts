import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, it } from 'vitest'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service

beforeAll(async () => {
  service = await startService({ DATABASE_POOL_SIZE: '1', DATABASE_TIMEOUT: '1' })
})
afterAll(() => service.stop())

const ready = async () => (await fetch(`${service.url}/health/ready`)).status

it('the service is not ready while writes get no connection, although reads do', async () => {
  const { id, token } = await service.signUp()
  const blocker = await createConnection(service.database.url)
  await blocker.query('BEGIN')
  await blocker.query('SELECT * FROM users WHERE id = ? FOR UPDATE', [id])
  let isBlocked = true
  const rename = 'mutation { updateProfile(input: { firstName: "Ada" }) { id } }'
  const writes = Array.from({ length: 10 }, async () => {
    while (isBlocked) await service.graphql(rename, {}, token)
  })
  try {
    await until('the service is not ready', async () => (await ready()) === 503, { seconds: 10 })
    await service.succeed('{ profile { id } }', {}, token)
  } finally {
    isBlocked = false
    await blocker.query('ROLLBACK')
    await blocker.end()
    await Promise.all(writes)
  }
  await until('the service is ready', async () => (await ready()) === 200)
})
