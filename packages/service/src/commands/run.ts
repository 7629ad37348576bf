// Runs the command of an operator: finds it, runs it, and prints what it returns.
import { ConfigError } from '../config-error.js'
import { ServiceError } from '../errors.js'
import { helpFor, isHelp, isVersion, type Manual, parseCommand, usageOf } from './arguments.js'
import type { Command, Result } from './command.js'
import { printable } from './table.js'

async function resultOf(
  commands: readonly Command[],
  manual: Manual,
  args: readonly string[],
): Promise<string | Result> {
  if (isVersion(args[0])) return manual.version
  if (args.some(isHelp)) return helpFor(commands, manual, args)
  const parsed = parseCommand(commands, args)
  if (typeof parsed === 'string') throw new ConfigError(`${parsed}\n\n${usageOf(commands, manual)}`)
  return parsed.command.run(parsed.args, parsed.options)
}

/** Errors that are meant for an operator have no stack. */
function messageOf(error: unknown): string {
  if (error instanceof ServiceError && error.fields) return error.fields.map(({ message }) => message).join('\n')
  return error instanceof ConfigError || error instanceof ServiceError ? error.message : String(error)
}

/** Text can quote a file or the database: nothing in it may control the terminal. */
const toPrint = (text: string): string => `${text.split('\n').map(printable).join('\n')}\n`

/** Sets the exit code: 1 if the command failed, unless it says otherwise. */
export async function runCommand(commands: readonly Command[], manual: Manual, args: readonly string[]): Promise<void> {
  try {
    const result = await resultOf(commands, manual, args)
    const {
      text,
      failed,
      exitCode = failed ? 1 : 0,
    } = typeof result === 'string' ? { text: result, failed: false } : result
    process.stdout.write(toPrint(text))
    process.exitCode = exitCode
  } catch (error) {
    process.stderr.write(toPrint(messageOf(error)))
    process.exitCode = 1
  }
}
