// The consent and notification services in this process, each with a database of its own on the server of the tests.
import { createLogger } from '@postern/service/logger'
import { type Program, type RunningProgram, startProgram } from '@postern/service/program'
import type { ProgramConfig } from '@postern/service/program-variables'
import { readConfig as readConsentConfig } from '../../services/consent/src/config/index.js'
import { program as consent } from '../../services/consent/src/program.js'
import { readConfig as readNotificationConfig } from '../../services/notification/src/config/index.js'
import { program as notification } from '../../services/notification/src/program.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { GATEWAY_KEY } from './gateway.js'
import { testRedisUrl } from './redis.js'
import { type LogLine, TEST_ENVIRONMENT } from './service.js'

/** The key of each service that may call. */
export const KEYS = {
  auth: 'test-auth-key-0123456789abcdef0123456789ab',
  consent: 'test-consent-key-0123456789abcdef01234567',
  notification: 'test-notification-key-0123456789abcdef01',
  workflow: 'test-workflow-key-0123456789abcdef012345',
}

export type ServiceName = keyof typeof KEYS

/** What a service sends to be known, as metadata. */
export const asService = (name: ServiceName): Record<string, string> => ({ 'postern-service': `${name}:${KEYS[name]}` })

/** SERVICE_KEYS of those that are called, and SERVICE_KEY of the one that calls. */
export const serviceKeys = (name: ServiceName): Record<string, string> => ({
  SERVICE_KEYS: Object.entries(KEYS)
    .map(([each, key]) => `${each}=${key}`)
    .join(','),
  SERVICE_KEY: `${name}:${KEYS[name]}`,
})

/** The variables that a service needs besides its database, with the secrets of the Postern of the tests. */
const besideEnvironment = (name: 'consent' | 'notification'): Record<string, string> => {
  const prefix = name.toUpperCase()
  return {
    ...{ NODE_ENV: 'test', LOG_LEVEL: 'silent', JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET, GATEWAY_KEY },
    ...{ REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: TEST_ENVIRONMENT.DATABASE_TIMEOUT, ...serviceKeys(name) },
    ...{ [`${prefix}_GRPC_PORT`]: '0', [`${prefix}_METRICS_PORT`]: 'off' },
    [`${prefix}_KEY`]: `test-${name}-key-of-the-program-0123456789abcdef`,
  }
}

export interface BesideService extends RunningProgram {
  database: TestDatabase
  /** Where other services find it, such as CONSENT_GRPC_URL. */
  grpcUrl: string
  /** It is away until `restart`, if it has a fixed port. */
  pause(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

interface Options {
  /** Called with each log line. */
  onLine?: (line: LogLine) => void
}

async function start<Config extends ProgramConfig>(
  program: Program<Config>,
  readConfig: (database: TestDatabase) => Config,
  { onLine }: Options,
): Promise<BesideService> {
  const database = await createTestDatabase({ migrations: program.migrations })
  const config = readConfig(database)
  const write = (line: string) => onLine?.(JSON.parse(line) as LogLine)
  const run = () => startProgram(program, config, { logger: createLogger(config.LOG_LEVEL, { write }) })
  let running = await run()
  return {
    ...running,
    database,
    grpcUrl: `127.0.0.1:${running.port}`,
    pause: () => running.close(),
    async restart() {
      running = await run()
    },
    async stop() {
      await running.close()
      await database.drop()
    },
  }
}

export const startConsent = (env: Record<string, string> = {}, options: Options = {}): Promise<BesideService> =>
  start(
    consent,
    ({ url }) => readConsentConfig({ ...besideEnvironment('consent'), CONSENT_DATABASE_URL: url, ...env }),
    options,
  )

export const startNotification = (env: Record<string, string> = {}, options: Options = {}): Promise<BesideService> =>
  start(
    notification,
    ({ url }) =>
      readNotificationConfig({ ...besideEnvironment('notification'), NOTIFICATION_DATABASE_URL: url, ...env }),
    options,
  )
