// The consent service: what it listens on, and what it is made of.
import type { Program } from '@postern/service/program'
import { build } from './build.js'
import type { Config } from './config/index.js'
import { openEvents } from './events.js'
import { MIGRATIONS } from './migrations.js'
import { VERSION } from './version.js'

export const program: Program<Config> = {
  name: 'postern-consent',
  version: VERSION,
  migrations: MIGRATIONS,
  databaseUrl: 'CONSENT_DATABASE_URL',
  listening: (config) => ({
    grpc: { host: config.CONSENT_GRPC_HOST, port: config.CONSENT_GRPC_PORT, variable: 'CONSENT_GRPC_PORT' },
    metrics: { host: config.CONSENT_GRPC_HOST, port: config.CONSENT_METRICS_PORT, variable: 'CONSENT_METRICS_PORT' },
  }),
  build,
  openEvents,
}
