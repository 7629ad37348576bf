import { createApp } from './app.js'
import { findUnusableServer } from './app/server-access.js'
import { type Config, ConfigError } from './config.js'
import type { Logger } from './logger.js'
import type { Group } from './prefork/member.js'
import { startServer } from './server.js'
import { startWorker } from './worker.js'

/** Plain words on stderr: whoever starts the service reads them, not a log collector. */
function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** One process of the service, alone or one of a prefork group: starts it, and ends it in order when told to. */
export async function serve(config: Config, log: Logger, group: Group | null): Promise<void> {
  const unusable = await findUnusableServer(config)
  if (unusable) fail(unusable)
  const app = await createApp(config, log).catch((error: unknown) => {
    if (error instanceof ConfigError) fail(error.message)
    throw error
  })
  await app.prepare().catch((error: unknown) => {
    log.error({ err: error }, 'the database cannot be used')
    return fail('The database of DATABASE_URL cannot be used. Run `npm run migrate` on it first.')
  })
  const metrics = group ? { ...app.metrics, text: () => group.sumMetrics() } : app.metrics
  const starting = startServer({ ...app, metrics }).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      fail(`Port ${config.PORT} is taken. Stop the program that uses it, or set PORT to another port.`)
    return fail(`Cannot listen on ${config.HOST}, port ${config.PORT}: ${message}`)
  })
  const running = starting.then((server) => ({ server, worker: startWorker(app) }))

  let stopping = false
  async function stop(why: object): Promise<void> {
    if (stopping) return
    stopping = true
    log.info(why, 'stopping')
    const deadline = setTimeout(() => {
      log.error('requests were still open at the deadline')
      process.exit(1)
    }, config.SHUTDOWN_TIMEOUT * 1000)
    const { server, worker } = await running
    await server.close()
    await worker.stop()
    await group?.leave(await app.metrics.snapshot())
    await app.close()
    clearTimeout(deadline)
    log.info('stopped')
    process.exit(0)
  }
  // Before it listens: from then on there may be a request that has been accepted.
  process.on('SIGTERM', (signal) => void stop({ signal }))
  if (!group) process.on('SIGINT', (signal) => void stop({ signal }))

  const { server } = await running
  log.info({ url: server.url }, 'listening')
  group?.join(
    server.url,
    () => app.metrics.snapshot(),
    () => void stop({ reason: 'the primary is gone' }),
  )
}
