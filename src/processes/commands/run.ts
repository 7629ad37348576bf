// Runs the command of Postern that the arguments name.
import type { Manual } from '@postern/service/commands/arguments'
import { type Finished, runOneOf } from '@postern/service/commands/run'
import type { Variables } from '@postern/service/values'
import { VERSION } from '../../platform/version.js'
import { audit } from './audit.js'
import { deadLetters } from './dead-letters.js'
import { doctor } from './doctor.js'
import { keys } from './keys.js'
import { migrate } from './migrate.js'
import { sessions } from './sessions.js'
import { users } from './users.js'

const COMMANDS = [doctor, migrate, ...users, ...sessions, ...audit, ...deadLetters, ...keys]

const MANUAL: Manual = {
  version: VERSION,
  usage: 'Usage: node dist/cli.js <command>, or npm run <command>',
  notes: ['A <user> is an email address, a username or an id. "npx postern <command>" is the same program.'],
  exitCodes: 'Exit codes: 0 if the command succeeded, 1 if it did not; doctor: 1 if it found an error.',
  otherExitCodes: ' user import: 2 if it refused lines.',
}

/** `env`: by default, that of this process. Never rejects: an error is in `stderr`. */
export const runCommand = (given: readonly string[], env?: Variables): Promise<Finished> =>
  runOneOf(COMMANDS, MANUAL, given, env)
