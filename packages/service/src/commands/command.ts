// The form of a command: what selects it, what it takes, and what it does.
import type { Variables } from '../values.js'

export interface Argument {
  /** As the usage shows it, such as `<user>`. */
  name: string
  /** What to call it when it is missing, such as `an email address`. */
  needs: string
  optional?: true
}

export interface Result {
  text: string
  /** The exit code is 1. */
  failed: boolean
  /** Another exit code. */
  exitCode?: number
}

/** Does it, with the variables of an environment or those of this process. Resolves with what to print. */
export type Work = (env?: Variables) => Promise<string | Result>

export interface Command {
  /** The words that select it: one, or a group and a command. */
  words: readonly [string] | readonly [string, string]
  arguments: readonly Argument[]
  /** Options and what their value is; null for a flag. */
  options?: Readonly<Record<string, string | null>>
  about: string
  /** What its own help says beyond that: more about its options and exit codes. */
  details?: string
  /** Throws a ConfigError if the arguments are wrong. */
  run(args: readonly string[], options: Readonly<Record<string, string | boolean | undefined>>): Work
}
