// Turns the JSON lines of the service's log into lines for people. The service itself always writes JSON.
import { dim, red, yellow } from './progress.mjs'

/**
 * @typedef {{ type?: string, message?: string, stack?: string, cause?: LoggedError }} LoggedError
 * @typedef {{ level?: number, time?: number | string, msg?: string, err?: LoggedError } & Record<string, unknown>} Entry
 */

const WARNING = 40
const ERROR = 50
const STACK_LINES = 5

/** Probes run every few seconds. While they succeed, their lines only fill the terminal. */
const PROBES = /^\/(?:livez|readyz|metrics|health)(?:\/|$)/

/** What could move the cursor of a terminal or color it. @param {unknown} value */
const plain = (value) => String(value).replace(/\p{Cc}+/gu, ' ')

/** A line of the log for people. Empty if it is not worth one. Lines that are not JSON are shown unchanged. @param {string} line */
export function prettyLine(line) {
  const entry = parse(line)
  if (!entry) return line.trim() && `  ${plain(line)}`
  const { level = 30, time, msg = '', err, ...fields } = entry
  if (msg === 'request' && level < WARNING && PROBES.test(String(fields['route'])) && !fields['errorCodes']) return ''
  const at = dim(new Date(time ?? Date.now()).toTimeString().slice(0, 8))
  const text = msg === 'request' && fields['route'] ? request(fields) : message(msg, err, fields)
  return [`  ${at} ${nameOf(level)} ${text}`, ...stack(level, err)].join('\n')
}

/** @param {string} line @returns {Entry | null} */
function parse(line) {
  try {
    const entry = JSON.parse(line)
    return typeof entry === 'object' && entry !== null && 'level' in entry ? entry : null
  } catch {
    return null
  }
}

/** @param {number} level */
function nameOf(level) {
  if (level >= ERROR) return red('error')
  if (level >= WARNING) return yellow('warn ')
  return dim(level < 30 ? 'debug' : 'info ')
}

/** @param {Record<string, unknown>} fields */
function request({ method, route, operation, status, milliseconds, errorCodes, ...others }) {
  const codes = Array.isArray(errorCodes) ? yellow(plain(errorCodes.join(' '))) : ''
  const words = [method, route, operation, status, `${String(milliseconds)} ms`].filter(Boolean).map(plain).join(' ')
  return [words, codes, rest(others)].filter(Boolean).join('  ')
}

/** @param {string} msg @param {LoggedError | undefined} err @param {Record<string, unknown>} fields */
function message(msg, err, fields) {
  const reason = err?.message && err.message !== msg ? `: ${err.message}` : ''
  return [plain(`${msg}${reason}`), rest(fields)].filter(Boolean).join('  ')
}

/** @param {Record<string, unknown>} fields */
const rest = (fields) =>
  dim(
    Object.entries(fields)
      .map(([name, value]) => plain(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`))
      .join(' '),
  )

/** @param {number} level @param {LoggedError | undefined} err */
const stack = (level, err) =>
  level < ERROR || !err?.stack
    ? []
    : err.stack
        .split('\n')
        .slice(0, STACK_LINES)
        .map((frame) => dim(`      ${plain(frame.trim())}`))
