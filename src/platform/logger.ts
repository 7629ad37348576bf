import { pino, type DestinationStream, type Logger } from 'pino'

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
export function serializeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'a value that is no Error was thrown' }
  const { name, stack, cause } = error
  const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: name,
    message: withoutValues(error),
    ...('code' in error && { code: error.code }),
    ...(frames && { stack: frames.join('\n') }),
    ...(cause !== undefined && { cause: serializeError(cause) }),
  }
}

function withoutValues({ name, message }: Error): string {
  // This one prints the whole query.
  if (name === 'PrismaClientValidationError') return message.trim().split('\n').at(-1) ?? ''
  return message.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "'…'").slice(0, 500)
}

/** One JSON object a line on stdout. */
export function createLogger(level: string): Logger {
  const options = { level, base: null, timestamp: createTimestamp(), serializers: { err: serializeError } }
  return pino(options, (stdout ??= writeInTurns()))
}

/** RFC 3339 in UTC, written once for all lines of a millisecond. */
function createTimestamp(): () => string {
  let last = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== last) {
      last = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}

let stdout: DestinationStream | undefined

/**
 * The lines of one turn of the event loop go out in one write, since each write is a system call that everything else
 * waits for. What is left when the process ends goes out then. Not pino's own destination: when the reader of a pipe is
 * gone, that one tries again for ever and keeps the process.
 */
function writeInTurns(): DestinationStream {
  let lines = ''
  function flush(): void {
    const text = lines
    lines = ''
    if (text !== '') process.stdout.write(text)
  }
  process.stdout.on('error', () => undefined)
  process.on('exit', flush)
  return {
    write(line) {
      if (lines === '') setImmediate(flush)
      lines += line
    },
  }
}
