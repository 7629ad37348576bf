// What the command line of an operator accepts, and what is wrong with arguments that it does not.

export const USAGE = `Usage: node dist/cli.js <command>, or npm run <command>

  migrate         apply all missing migrations to the database of DATABASE_URL
  admin <email>   give a registered user the role ADMIN
  keys rotate     create the next key pair in KEYS_DIR, and delete those that no token needs anymore
  keys list       list the key pairs, with their state and times
  keys retire     delete the key pairs that no token needs anymore
  help            show this text`

const KEY_COMMANDS = ['rotate', 'list', 'retire']

export const isHelp = (argument: string) => ['help', '--help', '-h'].includes(argument)

/** One sentence about what is missing, unknown or superfluous. Undefined if nothing is. */
export function findWrongArgument([command, argument, ...rest]: readonly string[]): string | undefined {
  if (!command) return 'A command is missing.'
  if (!['migrate', 'admin', 'keys'].includes(command)) return `Unknown command: ${command}.`
  if (command === 'admin' && !argument) return 'admin needs an email address.'
  if (command === 'keys' && !argument) return 'keys needs a command: rotate, list or retire.'
  if (command === 'keys' && argument && !KEY_COMMANDS.includes(argument)) return `Unknown command: keys ${argument}.`
  const superfluous = command === 'migrate' ? argument : rest[0]
  return superfluous === undefined ? undefined : `Unknown argument: ${superfluous}.`
}
