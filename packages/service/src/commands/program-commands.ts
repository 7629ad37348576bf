// The commands of a service beside Postern: node services/consent/dist/cli.js migrate.
import { ConfigError } from '../config-error.js'
import { databaseProblem } from '../database/access.js'
import { createLogger } from '../logger.js'
import type { Program } from '../program.js'
import { migrateProgram } from '../program-migrations.js'
import type { ProgramConfig, ProgramDatabase } from '../program-variables.js'
import type { Variables } from '../values.js'
import type { Manual } from './arguments.js'
import type { Command } from './command.js'
import { deadLetterCommands, type WithDeadLetters } from './dead-letters.js'
import { print, runOneOf } from './run.js'

interface Options<Config extends ProgramConfig> {
  /** Of the service, such as `consent`. */
  readonly name: string
  readonly version: string
  /** The folder of the migrations. */
  readonly migrations: URL
  /** Throws a ConfigError. Migrations need no more than this. */
  readonly readDatabase: (env?: Variables) => ProgramDatabase
  /** Throws a ConfigError. */
  readonly readConfig: (env?: Variables) => Config
  /** Migrations don't need it. */
  readonly loadProgram: () => Promise<Program<Config>>
}

const manualOf = (name: string, version: string): Manual => ({
  version,
  usage: `Usage: npm run ${name} -- <command>, or node services/${name}/dist/cli.js <command>`,
  notes: [],
  exitCodes: 'Exit codes: 0 if the command succeeded, 1 if it did not.',
  otherExitCodes: '',
})

async function migrate(folder: URL, database: ProgramDatabase): Promise<string> {
  const { server, urlName, timeout } = database
  const problem = await databaseProblem(server, { urlName, timeout })
  if (problem !== null) throw new ConfigError(problem)
  const applied = await migrateProgram(server, folder, timeout)
  return applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`
}

/** Runs the command of the arguments, and sets the exit code: 1 if it failed. */
export async function runProgramCommand<Config extends ProgramConfig>(
  args: readonly string[],
  { name, version, migrations, readDatabase, readConfig, loadProgram }: Options<Config>,
): Promise<void> {
  const withDeadLetters: WithDeadLetters = (use) => async (env) => {
    const config = readConfig(env)
    const [program, { openProgram }] = await Promise.all([loadProgram(), import('../open-program.js')])
    const { parts, close } = await openProgram(program, config, { logger: createLogger('silent') })
    const events = program.openEvents(parts)
    try {
      return await use(events.deadLetters)
    } finally {
      await events.close()
      await close()
    }
  }

  const commands: Command[] = [
    {
      words: ['migrate'],
      arguments: [],
      about: 'apply all missing migrations to the database',
      run: () => async (env) => migrate(migrations, readDatabase(env)),
    },
    ...deadLetterCommands(withDeadLetters),
  ]
  print(await runOneOf(commands, manualOf(name, version), args))
}
