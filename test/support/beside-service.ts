// A service beside Postern in this process, started as in production: its real server, database, Redis and jobs.
import { Client, credentials } from '@grpc/grpc-js'
import { createLogger } from '@postern/service/logger'
import { type Program, type ProgramParts, type ProgramWork, startProgram } from '@postern/service/program'
import type { ProgramConfig } from '@postern/service/program-variables'
import { createTestDatabase, type TestDatabase } from './database.js'
import { GATEWAY_KEY } from './gateway.js'
import { testRedisUrl } from './redis.js'
import { type LogLine, TEST_ENVIRONMENT } from './service.js'
import { serviceKeys } from './service-keys.js'

export interface BesideOptions {
  /** Of another process, or of an earlier one; `stop` leaves it. By default it has its own. */
  database?: TestDatabase
  /** Its jobs run only when the test calls `job`. */
  idle?: boolean
  /** Called with each log line. */
  onLine?: (line: LogLine) => void
}

interface Described<Config extends ProgramConfig> {
  /** As its variables begin with it, and as other services know it. */
  name: 'consent' | 'notification'
  program: Program<Config>
  readConfig: (env: Record<string, string>) => Config
  /** Beside those of all services. */
  env: Record<string, string>
}

export async function startBeside<Config extends ProgramConfig>(
  { name, program, readConfig, env }: Described<Config>,
  { database, idle = false, onLine = () => undefined }: BesideOptions = {},
) {
  const own = database ?? (await createTestDatabase({ migrations: program.migrations }))
  const prefix = name.toUpperCase()
  const variables: Record<string, string> = {
    ...{ NODE_ENV: 'test', LOG_LEVEL: 'silent', JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET, GATEWAY_KEY },
    ...{ REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: TEST_ENVIRONMENT.DATABASE_TIMEOUT, ...serviceKeys(name) },
    ...{ [program.databaseUrl]: own.url, [`${prefix}_GRPC_PORT`]: '0', [`${prefix}_METRICS_PORT`]: 'off', ...env },
  }
  const write = (line: string) => onLine(JSON.parse(line) as LogLine)
  let parts: ProgramParts<Config> | null = null
  let work: ProgramWork | null = null

  async function build(given: ProgramParts<Config>): Promise<ProgramWork> {
    parts = given
    work = await program.build(given)
    return idle ? { ...work, jobs: [] } : work
  }
  const run = (port = variables[`${prefix}_GRPC_PORT`] ?? '0') => {
    const config = readConfig({ ...variables, [`${prefix}_GRPC_PORT`]: port })
    const logger = createLogger(config.LOG_LEVEL, { write })
    return startProgram({ ...program, build }, config, { logger })
  }

  let running: Awaited<ReturnType<typeof run>> | null = await run()
  const { port, metrics, metricsUrl } = running
  const grpcUrl = `127.0.0.1:${port}`
  const client = new Client(grpcUrl, credentials.createInsecure())

  /** It is away until `restart`. */
  async function pause(): Promise<void> {
    await running?.close()
    running = null
  }
  return {
    ...{ grpcUrl, client, metrics, metricsUrl, database: own, pause },
    /** What it was built with. */
    parts(): ProgramParts<Config> {
      if (!parts) throw new Error('It was not built.')
      return parts
    },
    /** Runs one of its jobs, which its log calls so. */
    job(called: string): Promise<unknown> {
      const [, job] = work?.jobs.find(([, , known]) => known === called) ?? []
      return job ? job(new AbortController().signal) : Promise.reject(new Error(`There is no job ${called}.`))
    },
    /** At the same address, with the same database. */
    async restart(): Promise<void> {
      running = await run(String(port))
    },
    async stop(): Promise<void> {
      client.close()
      await pause()
      if (!database) await own.drop()
    },
  }
}
