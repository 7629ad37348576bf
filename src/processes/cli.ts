// The commands of an operator: migrate, admin and keys.
import { createApp } from '../app/create-app.js'
import { findUnusableServer, type ServerUrls } from '../app/server-access.js'
import { ConfigError, readConfig, readDatabaseConfig, readKeysConfig } from '../config/index.js'
import { AuthError } from '../platform/errors.js'
import { createLogger } from '../platform/logger.js'
import { createKeyCommands, findSharedMailboxes, migrateDatabase } from '../app/operator-commands.js'
import { findWrongArgument, isHelp, USAGE } from './command-usage.js'

/** Ids only: the output of a deployment ends up in logs. */
const SHARED_MAILBOXES =
  'These pairs of accounts share a mailbox, because their domains differ only in notation. Nothing was changed: see docs/migrations.md.'

async function migrate(): Promise<string> {
  const config = readDatabaseConfig()
  await refuseUnusable(config)
  const applied = await migrateDatabase(config)
  const done = applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`
  const pairs = (await findSharedMailboxes(config)).map(({ owner, other }) => `  ${owner} and ${other}`)
  return pairs.length === 0 ? done : [done, SHARED_MAILBOXES, ...pairs].join('\n')
}

async function admin(email: string): Promise<string> {
  const config = readConfig()
  await refuseUnusable(config)
  const app = await createApp(config, createLogger('silent'))
  try {
    await app.prepare()
    const { changed } = await app.services.accounts.roles.setRole({ email }, 'ADMIN', null)
    return changed
      ? `${email} is now an administrator and must sign in again.`
      : `${email} is already an administrator.`
  } finally {
    await app.close()
  }
}

async function refuseUnusable(urls: ServerUrls): Promise<void> {
  const unusable = await findUnusableServer(urls)
  if (unusable) throw new ConfigError(unusable)
}

async function keys(command: string): Promise<string> {
  const rotation = createKeyCommands(readKeysConfig())
  const deleted = (kids: string[]) => kids.map((kid) => `Deleted: ${kid}`)
  if (command === 'retire') return deleted(await rotation.retire()).join('\n') || 'All keys are still needed.'
  if (command === 'rotate') {
    const { key, created, deleted: kids } = await rotation.rotate()
    const what = created ? `Created: ${key.kid}` : `The next key already exists: ${key.kid}`
    return [...deleted(kids), what, `It signs tokens from ${key.activeFrom.toISOString()}.`].join('\n')
  }
  const listed = (await rotation.list()).map(({ kid, state, activeFrom, retiresAt, problem }) => {
    if (problem) return `${kid}  broken     ${problem}`
    const until = retiresAt ? ` until ${retiresAt.toISOString()}` : ''
    return `${kid}  ${state.padEnd(9)}  ${activeFrom ? `from ${activeFrom.toISOString()}${until}` : ''}`.trimEnd()
  })
  return listed.join('\n') || 'There are no keys. Create the first one with: keys rotate'
}

function namingKeysDir(error: unknown): never {
  if (error instanceof ConfigError) throw error
  throw new ConfigError(`KEYS_DIR cannot be used: ${(error as Error).message}.`)
}

async function run(args: string[]): Promise<string> {
  if (args.some(isHelp)) return USAGE
  const wrong = findWrongArgument(args)
  if (wrong) throw new ConfigError(`${wrong}\n\n${USAGE}`)
  const [command, argument = ''] = args
  if (command === 'migrate') return migrate()
  return command === 'admin' ? admin(argument) : keys(argument).catch(namingKeysDir)
}

try {
  process.stdout.write(`${await run(process.argv.slice(2))}\n`)
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof AuthError
  process.stderr.write(`${expected ? error.message : String(error)}\n`)
  process.exitCode = 1
}
