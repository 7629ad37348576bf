import { createTestDatabase } from './database.js'
import { openBrowser } from './pages.js'
import { startServiceProcess } from './process.js'
import { testRedisUrl } from './redis.js'

export type PagesService = Awaited<ReturnType<typeof startPagesService>>

/** A process of the service with its own database, and a browser for its pages. */
export async function startPagesService(env: Record<string, string> = {}) {
  const database = await createTestDatabase()
  const service = await startServiceProcess({
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
    WEB: 'true',
    ...env,
  })
  const browser = await openBrowser(service.url)
  return {
    ...{ database, service, browser },
    async stop() {
      await browser.close()
      service.kill('SIGTERM')
      await service.finished
      await database.drop()
    },
  }
}
