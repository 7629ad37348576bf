// Shows progress: one line per step, with a spinner on a terminal and plain lines elsewhere.
const tty = Boolean(process.stdout.isTTY)
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80
const PLAIN_TICK_MS = 1000
/** Without a terminal, a step that takes longer gets a line. */
const STILL_RUNNING_MS = 10_000
const start = Date.now()

/** @param {number} code @param {string} text */
const color = (code, text) => (tty && !process.env['NO_COLOR'] ? `\x1b[${code}m${text}\x1b[0m` : text)
export const bold = (/** @type {string} */ text) => color(1, text)
export const dim = (/** @type {string} */ text) => color(2, text)
const green = (/** @type {string} */ text) => color(32, text)
export const red = (/** @type {string} */ text) => color(31, text)
export const yellow = (/** @type {string} */ text) => color(33, text)

// Even if the terminal or pipe is closed, everything must be stopped.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

/** @typedef {{ name: string, began: number, note: string, said: number }} Step */
/** @type {Set<Step>} */
const running = new Set()
let drawn = 0
/** @type {NodeJS.Timeout | undefined} */
let timer

const seconds = (/** @type {number} */ since) => `${((Date.now() - since) / 1000).toFixed(1)} s`.padStart(7)
const line = (/** @type {string} */ mark, /** @type {Step} */ { name, began, note }) =>
  `  ${mark} ${name.padEnd(14)}${dim(seconds(began))}${note && `  ${dim(note)}`}`

function erase() {
  if (drawn > 0) process.stdout.write(`\x1b[${drawn}A\x1b[J`)
  drawn = 0
}

function draw() {
  const width = process.stdout.columns || 80
  const frame = frames[Math.floor(Date.now() / FRAME_MS) % frames.length] ?? ''
  // A line that wraps would be erased only in part.
  for (const step of running)
    process.stdout.write(`${line(frame, { ...step, note: step.note.slice(0, Math.max(0, width - 30)) })}\n`)
  drawn = running.size
}

function tick() {
  if (tty) {
    erase()
    draw()
  } else {
    for (const step of running) if (Date.now() - step.said > STILL_RUNNING_MS) sayStillRunning(step)
  }
}

/** @param {Step} step */
function sayStillRunning(step) {
  step.said = Date.now()
  process.stdout.write(`${line('…', step)}\n`)
}

/** Prints a line above the steps that are running. @param {string} [text] */
export function say(text = '') {
  if (tty) erase()
  process.stdout.write(`${text}\n`)
  if (tty) draw()
}

/** Stops drawing. Call it after the last step. */
export function quiet() {
  if (tty) erase()
  running.clear()
  clearInterval(timer)
  timer = undefined
}

/**
 * Runs one step under a name. `work` gets a function that changes the note beside it.
 * @template T
 * @param {string} name
 * @param {(note: (text: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const current = { name, began: Date.now(), note: '', said: Date.now() }
  running.add(current)
  timer ??= setInterval(tick, tty ? FRAME_MS : PLAIN_TICK_MS).unref()
  try {
    const result = await work((text) => void (current.note = text))
    finish(current, green('✔'))
    return result
  } catch (error) {
    finish(current, red('✘'))
    throw error
  }
}

/** @param {Step} step @param {string} mark */
function finish(step, mark) {
  // Not after quiet().
  if (!running.delete(step)) return
  say(line(mark, step))
  if (running.size === 0) {
    clearInterval(timer)
    timer = undefined
  }
}

/** Time since the start. */
export const elapsed = () => seconds(start).trim()
