// Starts what ROLE says, run by main.ts: a worker, or the service alone, as one process of a group, or as its primary.
import cluster from 'node:cluster'
import { readOrFail } from '@postern/service/failed-start'
import { createLogger } from '@postern/service/logger'
import { startTracing } from '../app/tracing.js'
import { readConfig } from '../config/index.js'
import { joinGroup } from './prefork/member.js'

/** First of all, because the primary handles signals to the whole group, however early they arrive. */
const group = cluster.isWorker ? joinGroup() : null

const config = readOrFail(readConfig)
/** The primary of a group serves nothing. */
const tracing = config.PREFORK === false || group ? await startTracing(config) : null
const logger = createLogger(config.LOG_LEVEL, undefined, tracing ? () => tracing.ids() ?? {} : undefined)
// Imported only where needed: the primary serves nothing and doesn't load what the service is made of.
if (config.ROLE === 'worker') {
  const { runWorker } = await import('./worker.js')
  await runWorker({ config, logger, tracing })
} else if (config.PREFORK === false) {
  const { runService } = await import('./service.js')
  await runService({ config, logger, tracing }, null)
} else if (group) {
  const { runService } = await import('./service.js')
  await runService({ config, logger: logger.child({ pid: process.pid }), tracing }, group)
} else {
  const { runPrimary } = await import('./prefork/primary.js')
  await runPrimary(config, logger.child({ pid: process.pid }))
}
