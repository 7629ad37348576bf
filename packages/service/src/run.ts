// Runs a service beside Postern as a process: from its configuration until a signal ends it.
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from './config-error.js'
import { createLogger, type Logger } from './logger.js'
import { type Program, startProgram } from './program.js'
import type { ProgramConfig } from './program-variables.js'
import { startTracing } from './start-tracing.js'
import { traced } from './traced-program.js'
import type { Tracing } from './tracing/tracing.js'

/** Writes plain text to stderr: a person who starts the process reads it, not a log collector. */
function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** Ends the process with the message of a ConfigError. */
function failOf(error: unknown): never {
  if (error instanceof ConfigError) return fail(error.message)
  throw error
}

function readOrFail<Config>(readConfig: () => Config): Config {
  try {
    return readConfig()
  } catch (error) {
    return failOf(error)
  }
}

/** `readConfig` throws a ConfigError for an invalid configuration. */
export async function runProgram<Config extends ProgramConfig>(
  program: Program<Config>,
  readConfig: () => Config,
): Promise<void> {
  const config = readOrFail(readConfig)
  const tracing = await startTracing(config, traced(program))
  const logger = createLogger(config.LOG_LEVEL, undefined, tracing ? () => tracing.ids() ?? {} : undefined)
  const starting = startProgram(program, config, { logger, tracing }).catch(failOf)
  // Before it listens: from then on, a stop must finish the accepted calls.
  stopOnSignals({ config, logger, tracing, starting })
  const { port } = await starting
  logger.info({ grpcPort: port }, 'listening')
}

interface Stopping {
  config: ProgramConfig
  logger: Logger
  tracing: Tracing | null
  starting: ReturnType<typeof startProgram>
}

function stopOnSignals({ config, logger, tracing, starting }: Stopping): void {
  let isStopping = false
  async function stop(signal: string): Promise<void> {
    if (isStopping) return
    isStopping = true
    logger.info({ signal }, 'stopping')
    const delayMs = config.SHUTDOWN_DELAY * 1000
    const deadline = setTimeout(
      () => {
        logger.error('calls were still in progress after SHUTDOWN_TIMEOUT')
        process.exit(1)
      },
      delayMs + config.SHUTDOWN_TIMEOUT * 1000,
    )
    const running = await starting
    running.retire()
    await sleep(delayMs)
    await running.close()
    clearTimeout(deadline)
    // In bounded time, and after everything that can have a span.
    await tracing?.close()
    logger.info('stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal))
}
