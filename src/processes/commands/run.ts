// Runs the command that the arguments name: what it prints, and its exit code.
import { ServiceError } from '@postern/service/errors'
import type { Variables } from '@postern/service/values'
import { ConfigError } from '../../config/index.js'
import { helpFor, isHelp, parseCommand, usageOf } from './arguments.js'
import { audit } from './audit.js'
import type { Result } from './command.js'
import { deadLetters } from './dead-letters.js'
import { doctor } from './doctor.js'
import { keys } from './keys.js'
import { migrate } from './migrate.js'
import { sessions } from './sessions.js'
import { printable } from './table.js'
import { users } from './users.js'

const COMMANDS = [doctor, migrate, ...users, ...sessions, ...audit, ...deadLetters, ...keys]

export interface Finished {
  code: number
  stdout: string
  stderr: string
}

/** `env`: by default, that of this process. Never rejects: an error is in `stderr`. */
export async function runCommand(given: readonly string[], env?: Variables): Promise<Finished> {
  try {
    const result = await find(given, env)
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

async function find(given: readonly string[], env?: Variables): Promise<string | Result> {
  if (given.some(isHelp)) return helpFor(COMMANDS, given)
  const parsed = parseCommand(COMMANDS, given)
  if (typeof parsed === 'string') throw new ConfigError(`${parsed}\n\n${usageOf(COMMANDS)}`)
  return parsed.command.run(parsed.args, parsed.options)(env)
}

/** Errors that are meant for an operator have no stack. */
function messageOf(error: unknown): string {
  if (error instanceof ServiceError && error.fields) return error.fields.map(({ message }) => message).join('\n')
  return error instanceof ConfigError || error instanceof ServiceError ? error.message : String(error)
}

/** Text can quote a file or the database: nothing in it may control the terminal. */
const toPrint = (text: string): string => `${text.split('\n').map(printable).join('\n')}\n`
