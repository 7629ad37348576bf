// Runs the command of the arguments.
import { runProgramCommand } from '@postern/service/commands/program-commands'
import { readConfig, readDatabaseConfig } from './config/index.js'
import { MIGRATIONS } from './migrations.js'
import { VERSION } from './version.js'

await runProgramCommand(process.argv.slice(2), {
  ...{
    name: 'consent',
    version: VERSION,
    migrations: MIGRATIONS,
    readConfig,
    readDatabase: readDatabaseConfig,
  },
  loadProgram: async () => (await import('./program.js')).program,
})
