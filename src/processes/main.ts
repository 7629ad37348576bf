// Starts the service, run by main.ts: alone, as one process of a group, or as the primary of that group.
import cluster from 'node:cluster'
import { ConfigError, readConfig } from '../config.js'
import { createLogger } from '../logger.js'
import { joinGroup } from '../prefork/member.js'

// First, because the primary handles a signal to the whole group, however early it comes.
const group = cluster.isWorker ? joinGroup() : null

function readConfigOrExit() {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    return process.exit(1)
  }
}

const config = readConfigOrExit()
const log = createLogger(config.LOG_LEVEL)
// Imported where it is needed only: the primary serves nothing, and need not hold what the service is made of.
if (config.PREFORK === false) {
  const { serve } = await import('../serve.js')
  await serve(config, log, null)
} else if (group) {
  const { serve } = await import('../serve.js')
  await serve(config, log.child({ pid: process.pid }), group)
} else {
  const { runPrimary } = await import('../prefork/primary.js')
  await runPrimary(config, log.child({ pid: process.pid }))
}
