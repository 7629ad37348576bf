// The command line of an operator: runs the command, and prints what it returns.
import { runCommand } from './commands/run.js'

const { code, stdout, stderr } = await runCommand(process.argv.slice(2))
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
