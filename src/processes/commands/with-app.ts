// Runs a command of an operator with the services, and ends their connections afterwards.
import { createLogger } from '@postern/service/logger'
import type { Variables } from '@postern/service/values'
import type { App } from '../../app/create-app.js'
import { findUnusableServer, type ServerUrls } from '../../app/server-access.js'
import { type Config, ConfigError, readConfig } from '../../config/index.js'

/** Throws a ConfigError that names each server that can't be used. */
export async function refuseUnusable(urls: ServerUrls): Promise<void> {
  const unusable = await findUnusableServer(urls)
  if (unusable) throw new ConfigError(unusable)
}

/** Its work resolves when everything that `run` has changed is delivered. `timeout`: seconds, at least, for the database. */
export function withApp<Value>(run: (app: App, config: Config) => Promise<Value>, { timeout = 0 } = {}) {
  return async (env?: Variables): Promise<Value> => {
    const given = readConfig(env)
    const config = { ...given, DATABASE_TIMEOUT: Math.max(timeout, given.DATABASE_TIMEOUT) }
    await refuseUnusable(config)
    // Loading the services takes longer than most commands, and some need none of them.
    const { createApp } = await import('../../app/create-app.js')
    const app = await createApp(config, createLogger('silent'), null, { hashes: false })
    try {
      await app.prepare()
      return await run(app, config)
    } finally {
      await app.close()
    }
  }
}
