// What this run has started, and how it all ends: the last thing started is the first one stopped.

/** An error whose message is meant for the person at the terminal; its stack is not. */
export class Failure extends Error {
  /** @param {string} message @param {{ exitCode?: number }} [options] */
  constructor(message, { exitCode = 1 } = {}) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Thrown by whatever would start something new while everything is being stopped. */
export class Stopped extends Error {}

/** @type {Set<() => unknown>} */
const stoppers = new Set()
/** @type {Promise<void> | undefined} */
let stopping

/** Aborted by the second Ctrl-C: whoever waits for a graceful end stops waiting. */
export const hurry = new AbortController()

export function assertNotStopping() {
  if (stopping) throw new Stopped('stopping')
}

/**
 * Registers how to stop something. The function returned takes it off the list again.
 * @param {() => unknown} stop
 */
export function onStop(stop) {
  assertNotStopping()
  stoppers.add(stop)
  return () => void stoppers.delete(stop)
}

/** Stops everything, one after the other; every caller gets the same promise. */
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
