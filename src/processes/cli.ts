// The command line of an operator.
import type { Manual } from '@postern/service/commands/arguments'
import { runCommand } from '@postern/service/commands/run'
import { VERSION } from '../platform/version.js'
import { audit } from './commands/audit.js'
import { deadLetters } from './commands/dead-letters.js'
import { doctor } from './commands/doctor.js'
import { keys } from './commands/keys.js'
import { migrate } from './commands/migrate.js'
import { sessions } from './commands/sessions.js'
import { users } from './commands/users.js'

const COMMANDS = [doctor, migrate, ...users, ...sessions, ...audit, ...deadLetters, ...keys]

const MANUAL: Manual = {
  version: VERSION,
  usage: 'Usage: node dist/cli.js <command>, or npm run <command>',
  notes: ['A <user> is an email address, a username or an id. "npx postern <command>" is the same program.'],
  exitCodes: 'Exit codes: 0 if the command succeeded, 1 if it did not; doctor: 1 if it found an error.',
  otherExitCodes: ' user import: 2 if it refused lines.',
}

await runCommand(COMMANDS, MANUAL, process.argv.slice(2))
