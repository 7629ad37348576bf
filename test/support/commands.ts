// The commands of an operator in this process, as `node dist/cli.js` runs them in one of its own, which takes seconds to start. Its
// connections are its own in both: it shares only the database and Redis with a service. test/e2e/processes/command-line.test.ts
// has the process.
import { runCommand } from '../../src/processes/commands/run.js'

/** `env`: all of its environment. */
export const command = (args: readonly string[], env: Readonly<Record<string, string>>) => runCommand(args, env)
