// The notification service: what it listens on, and what it is made of.
import type { Program } from '@postern/service/program'
import { build } from './app/build.js'
import { openEvents } from './app/events.js'
import type { Config } from './config/index.js'
import { MIGRATIONS } from './migrations.js'
import { VERSION } from './version.js'

export const program: Program<Config> = {
  name: 'postern-notification',
  version: VERSION,
  migrations: MIGRATIONS,
  databaseUrl: 'NOTIFICATION_DATABASE_URL',
  listening: (config) => ({
    grpc: {
      host: config.NOTIFICATION_GRPC_HOST,
      port: config.NOTIFICATION_GRPC_PORT,
      variable: 'NOTIFICATION_GRPC_PORT',
    },
    metrics: {
      host: config.NOTIFICATION_GRPC_HOST,
      port: config.NOTIFICATION_METRICS_PORT,
      variable: 'NOTIFICATION_METRICS_PORT',
    },
  }),
  build,
  openEvents,
}
