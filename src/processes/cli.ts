// The commands of an operator: migrate, admin and keys.
import { createApp } from '../app/create-app.js'
import { findUnusableServer, type ServerUrls } from '../app/server-access.js'
import { ConfigError, readConfig, readDatabaseConfig, readKeysConfig } from '../config/index.js'
import { AuthError } from '../platform/errors.js'
import { createLogger } from '../platform/logger.js'
import { createKeyCommands, migrateDatabase } from '../app/operator-commands.js'

const USAGE = `Usage:
  migrate         apply the migrations that the database of DATABASE_URL lacks
  admin <email>   make a registered user an administrator
  keys rotate     create the next key pair in KEYS_DIR, and delete those that no token needs
  keys list       list the key pairs and when they are used
  keys retire     delete the key pairs that no token needs`

async function migrate(): Promise<string> {
  const config = readDatabaseConfig()
  await refuseUnusable(config)
  const applied = await migrateDatabase(config)
  return applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`
}

async function admin(email: string): Promise<string> {
  const config = readConfig()
  await refuseUnusable(config)
  const app = await createApp(config, createLogger('silent'))
  try {
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
    const { key, made, deleted: kids } = await rotation.rotate()
    const what = made ? `Created: ${key.kid}` : `The next key already exists: ${key.kid}`
    return [...deleted(kids), what, `It signs tokens from ${key.activeFrom.toISOString()}.`].join('\n')
  }
  const listed = (await rotation.list()).map(({ kid, state, activeFrom, retiresAt }) => {
    const until = retiresAt ? ` until ${retiresAt.toISOString()}` : ''
    return `${kid}  ${state.padEnd(9)}  ${activeFrom ? `from ${activeFrom.toISOString()}${until}` : ''}`.trimEnd()
  })
  return listed.join('\n') || 'There are no keys. Create the first one with: keys rotate'
}

async function run([command, argument]: string[]): Promise<string> {
  if (command === 'migrate' && argument === undefined) return migrate()
  if (command === 'admin' && argument !== undefined) return admin(argument)
  if (command === 'keys' && argument && ['rotate', 'list', 'retire'].includes(argument)) return keys(argument)
  throw new ConfigError(USAGE)
}

try {
  process.stdout.write(`${await run(process.argv.slice(2))}\n`)
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof AuthError
  process.stderr.write(`${expected ? error.message : String(error)}\n`)
  process.exitCode = 1
}
