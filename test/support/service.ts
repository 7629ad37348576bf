import { createLogger } from '@postern/service/logger'
import { createApp, type App } from '../../src/app/create-app.js'
import { readConfig } from '../../src/config/index.js'
import { startServer } from '../../src/http/server.js'
import { createPipeline } from '../../src/requests/pipeline.js'
import { startBackgroundJobs, startWorkerJobs } from '../../src/app/background-jobs.js'
import type { GrpcServer, GrpcServerParts } from '../../src/grpc/server.js'
import { createClient, type Client } from './client.js'
import { startTracing } from '../../src/app/tracing.js'
import { closeIdleConnections } from './idle-connections.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { testRedisUrl } from './redis.js'
import { sharedHasher } from './shared-hasher.js'

/** The secrets and costs of every test instance. Hashing is as cheap as possible. */
export const TEST_ENVIRONMENT = {
  NODE_ENV: 'test',
  PORT: '0',
  // In development its port is fixed.
  GRPC_PORT: 'off',
  LOG_LEVEL: 'silent',
  WEB: 'false',
  PLAYGROUND: 'false',
  JWT_SECRET: 'test-jwt-secret-0123456789abcdef0123456789',
  REFRESH_KEY: 'test-refresh-key-0123456789abcdef012345678',
  ARGON2_MEMORY_KIB: '1024',
  ARGON2_TIME_COST: '1',
  // The tests of limits switch them on.
  RATE_LIMIT_LOGIN: '0',
  // The tests of deletions set their own.
  ACCOUNT_DELETION_GRACE: '0',
  // A busy machine is no outage.
  DATABASE_TIMEOUT: '10',
  // Tests check which keys are in Redis and which are not.
  USERNAME_WARMING: '0',
}

export interface Instance extends Client {
  app: App
  url: string
  /** Null unless GRPC_PORT is set. */
  grpc: GrpcServer | null
  stop(): Promise<void>
}

export type LogLine = Record<string, unknown>

export interface Service extends Instance {
  database: TestDatabase
}

interface InstanceOptions {
  /** Runs no background jobs. */
  alone?: boolean
  /** Called with each log line. */
  onLine?: (line: LogLine) => void
}

/** One instance in this process, over HTTP on a free port. */
export async function startInstance(
  env: Record<string, string>,
  { alone = false, onLine }: InstanceOptions = {},
): Promise<Instance> {
  const config = readConfig({ ...TEST_ENVIRONMENT, ...env })
  const write = (line: string) => onLine?.(JSON.parse(line) as LogLine)
  const tracing = await startTracing(config)
  const logger = createLogger(config.LOG_LEVEL, { write }, tracing ? () => tracing.ids() ?? {} : undefined)
  const app = await createApp(config, logger, tracing, { startHasher: sharedHasher })
  await app.prepare()
  const hooks = createPipeline({ config, logger, ...app })
  const server = await startServer({ config, logger, hooks, ...app })
  const grpc = config.GRPC_PORT === null ? null : await startGrpc({ config, logger, hooks, ...app }, config.GRPC_PORT)
  const start = config.ROLE === 'worker' ? startWorkerJobs : startBackgroundJobs
  const jobs = alone ? null : start(app.background, logger)
  return {
    app,
    url: server.url,
    grpc,
    ...createClient(server.url),
    async stop() {
      closeIdleConnections()
      await Promise.all([server.close(), grpc?.close()])
      await jobs?.stop()
      await app.close()
      await tracing?.close()
    },
  }
}

/** Loaded as in src/processes/service.ts: only if it is on. */
async function startGrpc(parts: Omit<GrpcServerParts, 'port'>, port: number): Promise<GrpcServer> {
  const { startGrpcServer } = await import('../../src/grpc/server.js')
  return startGrpcServer({ ...parts, port })
}

/** An instance with a database of its own. */
export async function startService(env: Record<string, string> = {}, options: InstanceOptions = {}): Promise<Service> {
  const database = await createTestDatabase()
  const instance = await startInstance({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), ...env }, options)
  return {
    ...instance,
    database,
    async stop() {
      await instance.stop()
      await database.drop()
    },
  }
}
