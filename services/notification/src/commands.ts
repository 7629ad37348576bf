// Runs the command of the arguments.
import { runCommand } from '@postern/service/program-commands'
import { readDatabaseConfig } from './config/index.js'
import { MIGRATIONS } from './migrations.js'

await runCommand(process.argv.slice(2), { migrations: MIGRATIONS, readDatabase: () => readDatabaseConfig() })
