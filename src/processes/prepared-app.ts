// What the service and a worker do first: check the servers, build everything, and end with a message if that fails.
import { fail, failOf } from '@postern/service/failed-start'
import type { Logger } from '@postern/service/logger'
import type { Tracing } from '@postern/service/tracing/tracing'
import { type App, createApp } from '../app/create-app.js'
import { findUnusableServer } from '../app/server-access.js'
import { type Config, ConfigError } from '../config/index.js'

export interface Parts {
  config: Config
  logger: Logger
  tracing: Tracing | null
}

/** `consumers`: more than the domains have. */
export async function prepareApp({ config, logger, tracing }: Parts, consumers: App['consumers'] = []): Promise<App> {
  const unusable = await findUnusableServer(config)
  if (unusable) fail(unusable)
  const app = await createApp(config, logger, tracing).catch(failOf)
  app.consumers.push(...consumers)
  await app.broker?.check().catch(failOf)
  await app.prepare().catch((error: unknown) => {
    if (error instanceof ConfigError) fail(error.message)
    logger.error({ err: error }, "the database can't be used")
    return fail("The database of DATABASE_URL can't be used. Run `npm run migrate` first.")
  })
  return app
}
