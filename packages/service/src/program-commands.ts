// The command line of a service beside Postern: `node dist/cli.js migrate`.
import { ConfigError } from './config-error.js'
import { databaseProblem } from './database/access.js'
import { migrateProgram } from './program-migrations.js'
import type { ProgramDatabase } from './program-variables.js'

/** A further command. Returns what to print. */
export interface ProgramCommand {
  readonly about: string
  readonly run: (args: readonly string[]) => Promise<string>
}

interface Options {
  /** The folder of the migrations. */
  readonly migrations: URL
  /** Throws a ConfigError. */
  readonly readDatabase: () => ProgramDatabase
  readonly commands?: Readonly<Record<string, ProgramCommand>>
}

/** Runs the command of the arguments, and sets the exit code: 1 if it failed, 2 if there is no such command. */
export async function runCommand(args: readonly string[], { migrations, readDatabase, commands = {} }: Options) {
  const known: Readonly<Record<string, ProgramCommand>> = {
    migrate: { about: 'apply all missing migrations to the database', run: () => migrate(migrations, readDatabase()) },
    ...commands,
  }
  const [name = '', ...rest] = args
  const command = Object.hasOwn(known, name) ? known[name] : undefined
  if (!command) {
    const lines = Object.entries(known).map(([word, { about }]) => `  ${word.padEnd(12)} ${about}`)
    process.stderr.write(`Commands:\n${lines.join('\n')}\n`)
    process.exitCode = 2
    return
  }
  try {
    process.stdout.write(`${await command.run(rest)}\n`)
  } catch (error) {
    const isForOperator = error instanceof ConfigError || (error instanceof Error && error.name === 'MigrationError')
    if (!isForOperator) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

async function migrate(folder: URL, database: ProgramDatabase): Promise<string> {
  const { server, urlName, timeout } = database
  const problem = await databaseProblem(server, { urlName, timeout })
  if (problem !== null) throw new ConfigError(problem)
  const applied = await migrateProgram(server, folder, timeout)
  return applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`
}
