// `user import` with a service beside it, for files that a test writes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unique } from './client.js'
import { startProgram } from './process.js'
import { testRedisUrl } from './redis.js'
import { startService, TEST_ENVIRONMENT } from './service.js'

/** The hash of `rasmuslerdorf`. */
export const BCRYPT = '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq'

export type ImportCommand = Awaited<ReturnType<typeof startImportCommand>>

export async function startImportCommand() {
  const service = await startService()
  const folder = await mkdtemp(join(tmpdir(), 'postern-import-'))
  const env = { ...TEST_ENVIRONMENT, DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  const start = (...args: string[]) => startProgram('cli.js', ['user', 'import', ...args], env)

  return {
    service,
    folder,
    env,
    start,
    run: (...args: string[]) => start(...args).finished,

    async fileOf(content: string | Buffer): Promise<string> {
      const path = join(folder, `${unique()}.csv`)
      await writeFile(path, content)
      return path
    },

    /** The number of users whose address is at this domain. */
    async countAt(domain: string): Promise<number> {
      const sql = 'SELECT COUNT(*) AS count FROM users WHERE email_key LIKE ?'
      return Number((await service.database.query<{ count: number }>(sql, [`%@${domain}`]))[0]?.count)
    },

    async stop(): Promise<void> {
      await service.stop()
      await rm(folder, { recursive: true })
    },
  }
}
