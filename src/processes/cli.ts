// The command line of an operator: finds the command, runs it, and prints what it returns.
import { ServiceError } from '@postern/service/errors'
import { ConfigError } from '../config/index.js'
import { helpFor, isHelp, parseCommand, usageOf } from './commands/arguments.js'
import type { Result } from './commands/command.js'
import { audit } from './commands/audit.js'
import { deadLetters } from './commands/dead-letters.js'
import { doctor } from './commands/doctor.js'
import { keys } from './commands/keys.js'
import { migrate } from './commands/migrate.js'
import { sessions } from './commands/sessions.js'
import { printable } from './commands/table.js'
import { users } from './commands/users.js'

const COMMANDS = [doctor, migrate, ...users, ...sessions, ...audit, ...deadLetters, ...keys]

async function run(args: readonly string[]): Promise<string | Result> {
  if (args.some(isHelp)) return helpFor(COMMANDS, args)
  const parsed = parseCommand(COMMANDS, args)
  if (typeof parsed === 'string') throw new ConfigError(`${parsed}\n\n${usageOf(COMMANDS)}`)
  return parsed.command.run(parsed.args, parsed.options)
}

/** Errors that are meant for an operator have no stack. */
function messageOf(error: unknown): string {
  if (error instanceof ServiceError && error.fields) return error.fields.map(({ message }) => message).join('\n')
  return error instanceof ConfigError || error instanceof ServiceError ? error.message : String(error)
}

/** Text can quote a file or the database: nothing in it may control the terminal. */
const toPrint = (text: string): string => `${text.split('\n').map(printable).join('\n')}\n`

try {
  const result = await run(process.argv.slice(2))
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
