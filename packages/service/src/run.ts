// Runs a service beside Postern as a process: from its configuration until a signal ends it.
import { failOf, readOrFail } from './failed-start.js'
import { createLogger } from './logger.js'
import { type Program, startProgram } from './program.js'
import type { ProgramConfig } from './program-variables.js'
import { startTracing } from './start-tracing.js'
import { createStop, stopOnSignals } from './stop.js'
import { traced } from './traced-program.js'

/** `readConfig` throws a ConfigError for an invalid configuration. */
export async function runProgram<Config extends ProgramConfig>(
  program: Program<Config>,
  readConfig: () => Config,
): Promise<void> {
  const config = readOrFail(readConfig)
  const tracing = await startTracing(config, traced(program))
  const logger = createLogger(config.LOG_LEVEL, undefined, tracing ? () => tracing.ids() ?? {} : undefined)
  const starting = startProgram(program, config, { logger, tracing }).catch(failOf)
  stopOnSignals(
    createStop({
      ...{ logger, tracing, delayMs: config.SHUTDOWN_DELAY * 1000, timeoutMs: config.SHUTDOWN_TIMEOUT * 1000 },
      late: 'calls were still in progress after SHUTDOWN_TIMEOUT',
      retire: async () => (await starting).retire(),
      close: async () => (await starting).close(),
    }),
  )
  const { port } = await starting
  logger.info({ grpcPort: port }, 'listening')
}
