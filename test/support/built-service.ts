import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createTestDatabase } from './database.js'
import { testRedisUrl } from './redis.js'
import { TEST_ENVIRONMENT } from './service.js'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** What was built, as production starts it: a process of its own with nothing but environment variables. */
export async function startBuiltService(env: Record<string, string> = {}) {
  const database = await createTestDatabase()
  const service = spawn(process.execPath, [main], {
    env: {
      ...TEST_ENVIRONMENT,
      LOG_LEVEL: 'info',
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(service, 'exit')
  const url = await Promise.race([
    addressFrom(service.stdout),
    exited.then(([code]) => {
      throw new Error(`The service ended at its start, with ${code}`)
    }),
  ])
  return {
    url,
    async stop() {
      service.kill('SIGTERM')
      await exited
      await database.drop()
    },
  }
}

/** The service's log says where it listens. What follows is read and dropped, so that the pipe never fills. */
function addressFrom(log: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    createInterface(log).on('line', (line) => {
      const { msg, url } = JSON.parse(line) as { msg?: string; url?: string }
      if (msg === 'listening' && url) resolve(url)
    })
  })
}
