// Stops everything that this run has started, the latest first.

/** An error that is shown by its message only, without a stack. */
export class Failure extends Error {
  /** @param {string} message @param {{ exitCode?: number }} [options] */
  constructor(message, { exitCode = 1 } = {}) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Thrown by an attempt to start something while everything is being stopped. */
export class Stopped extends Error {}

/** @type {Set<() => unknown>} */
const stoppers = new Set()
/** @type {Promise<void> | undefined} */
let stopping

/** Aborted by the second Ctrl-C, which ends the wait for a graceful end. */
export const hurry = new AbortController()

export function assertNotStopping() {
  if (stopping) throw new Stopped('stopping')
}

/**
 * Registers how to stop something. Returns a function that removes it from the list.
 * @param {() => unknown} stop
 */
export function onStop(stop) {
  assertNotStopping()
  stoppers.add(stop)
  return () => void stoppers.delete(stop)
}

/** Stops everything, one after the other. Every caller gets the same promise. */
export function stopEverything() {
  return (stopping ??= stopInOrder())
}

async function stopInOrder() {
  for (const stop of [...stoppers].reverse()) {
    try {
      await stop()
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
}
