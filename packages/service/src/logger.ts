// The logger: JSON lines on stdout, without values from errors.
import { pino, type DestinationStream, type Logger } from 'pino'
import { atEndOfTurn } from './end-of-turn.js'

export type { Logger }

interface LoggedError {
  type: string
  message: string
  code?: unknown
  stack?: string
  cause?: LoggedError
}

/**
 * Drivers attach the statement and its values to their errors, and quote values in messages. Only the properties below
 * are logged, without quoted text.
 */
export function serializeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'a value that is not an Error was thrown' }
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
  // Its message contains the whole query.
  if (name === 'PrismaClientValidationError') return message.trim().split('\n').at(-1) ?? ''
  return message.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "'…'").slice(0, 500)
}

/** How a logger writes, for lines that are too many for its serializer. */
export interface LogOutput {
  /** Takes one line with its line break. */
  write(line: string): void
  /** The field of the current time, such as `,"time":"2026-11-29T12:00:00.000Z"`. */
  time(): string
}

const outputs = new WeakMap<Logger, LogOutput>()

/** Null if the logger adds fields of its own to each line. */
export const outputOf = (logger: Logger): LogOutput | null => outputs.get(logger) ?? null

let stdout: DestinationStream | undefined

/**
 * Writes one JSON object per line to `destination`, by default stdout. `mixin` returns what each line has besides its own
 * fields.
 */
export function createLogger(level: string, destination?: DestinationStream, mixin?: () => object): Logger {
  const time = createTimestamp()
  const stream = destination ?? (stdout ??= writePerTurn())
  const options = {
    ...{ level, base: null, timestamp: time, serializers: { err: serializeError } },
    ...(mixin && { mixin }),
  }
  const logger: Logger = pino(options, stream)
  if (!mixin) outputs.set(logger, { write: (line) => stream.write(line), time })
  return logger
}

/** RFC 3339 in UTC, formatted once per millisecond. */
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

/**
 * Writes all lines of one turn of the event loop at once, because each write is a system call that blocks everything
 * else. Remaining lines are written when the process exits. pino's own destination would retry forever, and keep the
 * process alive, after the reader of a pipe has gone.
 */
function writePerTurn(): DestinationStream {
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
      if (lines === '') atEndOfTurn(flush)
      lines += line
    },
  }
}
