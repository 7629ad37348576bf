import { pino, type Logger } from 'pino'

export type { Logger }

interface LoggedError {
  type: string
  message: string
  code?: unknown
  stack?: string
  cause?: LoggedError
}

/**
 * Drivers hang the statement and its values on their errors, and quote values in their messages: only what is named
 * here reaches the log, without what stands in quotes.
 */
export function serialiseError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'a value that is no Error was thrown' }
  const { name, stack, cause } = error
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: name,
    message: withoutValues(error),
    ...('code' in error && { code: error.code }),
    ...(frames && { stack: frames.join('\n') }),
    ...(cause !== undefined && { cause: serialiseError(cause) }),
  }
}

function withoutValues({ name, message }: Error): string {
  // This one prints the whole query.
  if (name === 'PrismaClientValidationError') return message.trim().split('\n').at(-1) ?? ''
  return message.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "'…'").slice(0, 500)
}

/** One JSON object a line on stdout. */
export function createLogger(level: string): Logger {
  // Not pino's own destination: when the reader of a pipe is gone, that one tries again for ever and keeps the process.
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => undefined)
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: serialiseError } }
  return pino(options, process.stdout)
}
