// Runs the command of an operator: finds it, and returns what it prints and its exit code.
import { ConfigError } from '../config-error.js'
import { ServiceError } from '../errors.js'
import type { Variables } from '../values.js'
import { helpFor, isHelp, isVersion, type Manual, parseCommand, usageOf } from './arguments.js'
import type { Command, Result } from './command.js'
import { printable } from './table.js'

export interface Finished {
  code: number
  stdout: string
  stderr: string
}

async function resultOf(
  commands: readonly Command[],
  manual: Manual,
  given: readonly string[],
  env?: Variables,
): Promise<string | Result> {
  if (isVersion(given[0])) return manual.version
  if (given.some(isHelp)) return helpFor(commands, manual, given)
  const parsed = parseCommand(commands, given)
  if (typeof parsed === 'string') throw new ConfigError(`${parsed}\n\n${usageOf(commands, manual)}`)
  return parsed.command.run(parsed.args, parsed.options)(env)
}

/** Errors that are meant for an operator have no stack. */
function messageOf(error: unknown): string {
  if (error instanceof ServiceError && error.fields) return error.fields.map(({ message }) => message).join('\n')
  return error instanceof ConfigError || error instanceof ServiceError ? error.message : String(error)
}

/** Text can quote a file or the database: nothing in it may control the terminal. */
const toPrint = (text: string): string => `${text.split('\n').map(printable).join('\n')}\n`

/** `env`: by default, that of this process. Never rejects: an error is in `stderr`, and the exit code is 1. */
export async function runOneOf(
  commands: readonly Command[],
  manual: Manual,
  given: readonly string[],
  env?: Variables,
): Promise<Finished> {
  try {
    const result = await resultOf(commands, manual, given, env)
    const {
      text,
      failed,
      exitCode = failed ? 1 : 0,
    }: Result = typeof result === 'string' ? { text: result, failed: false } : result
    return { code: exitCode, stdout: toPrint(text), stderr: '' }
  } catch (error) {
    return { code: 1, stdout: '', stderr: toPrint(messageOf(error)) }
  }
}

/** Prints what a command has returned, and sets the exit code. */
export function print({ code, stdout, stderr }: Finished): void {
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exitCode = code
}
