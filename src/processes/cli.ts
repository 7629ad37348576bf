// The command line of an operator: runs the command, and prints what it returns.
import { print } from '@postern/service/commands/run'
import { runCommand } from './commands/run.js'

print(await runCommand(process.argv.slice(2)))
