// What a process does if it can't start: it says why to the person who starts it, and ends.
import { ConfigError } from './config-error.js'

/** Writes plain text to stderr: a person who starts the process reads it, not a log collector. */
export function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** Ends the process with the message of a ConfigError. Throws every other error. */
export function failOf(error: unknown): never {
  if (error instanceof ConfigError) return fail(error.message)
  throw error
}

/** `readConfig` throws a ConfigError for an invalid configuration. */
export function readOrFail<Config>(readConfig: () => Config): Config {
  try {
    return readConfig()
  } catch (error) {
    return failOf(error)
  }
}
