// One process of the service, alone or in a prefork group: starts it, and stops it in order on a signal.
import { startBackgroundJobs } from '../app/background-jobs.js'
import { createApp } from '../app/create-app.js'
import { findUnusableServer } from '../app/server-access.js'
import { type Config, ConfigError } from '../config/index.js'
import { startServer } from '../http/server.js'
import type { Logger } from '../platform/logger.js'
import type { Group } from './prefork/member.js'

/** Writes plain text to stderr: a person who starts the service reads it, not a log collector. */
function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** Runs until a signal ends it. `group` is null outside a prefork group. */
export async function runService(config: Config, logger: Logger, group: Group | null): Promise<void> {
  const unusable = await findUnusableServer(config)
  if (unusable) fail(unusable)
  const app = await createApp(config, logger).catch((error: unknown) => {
    if (error instanceof ConfigError) fail(error.message)
    throw error
  })
  await app.prepare().catch((error: unknown) => {
    if (error instanceof ConfigError) fail(error.message)
    logger.error({ err: error }, "the database can't be used")
    return fail("The database of DATABASE_URL can't be used. Run `npm run migrate` first.")
  })
  const { services, publishedKeys, health, breakers, clock } = app
  const metrics = group ? { ...app.metrics, text: () => group.sumMetrics() } : app.metrics
  const starting = startServer({ config, logger, metrics, services, publishedKeys, health, breakers, clock }).catch(
    (error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE')
        fail(`Port ${config.PORT} is in use. Stop the program that listens there, or set PORT to another port.`)
      return fail(`Can't listen on ${config.HOST}, port ${config.PORT}: ${message}`)
    },
  )
  const running = starting.then((server) => ({ server, jobs: startBackgroundJobs(app.background, logger) }))

  let stopping = false
  async function stop(why: object): Promise<void> {
    if (stopping) return
    stopping = true
    logger.info(why, 'stopping')
    const deadline = setTimeout(() => {
      logger.error('requests were still in progress after SHUTDOWN_TIMEOUT')
      process.exit(1)
    }, config.SHUTDOWN_TIMEOUT * 1000)
    const { server, jobs } = await running
    await server.close()
    await jobs.stop()
    await group?.leave(await app.metrics.snapshot())
    await app.close()
    clearTimeout(deadline)
    logger.info('stopped')
    process.exit(0)
  }
  // Before it listens: from then on, a stop must finish the accepted requests.
  process.on('SIGTERM', (signal) => void stop({ signal }))
  if (!group) process.on('SIGINT', (signal) => void stop({ signal }))

  const { server } = await running
  logger.info({ url: server.url }, 'listening')
  group?.join(
    server.url,
    () => app.metrics.snapshot(),
    () => void stop({ reason: 'the primary process ended' }),
  )
}
