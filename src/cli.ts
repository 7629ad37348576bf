import { createApp, migrateDatabase } from './app.js'
import { ConfigError, readConfig, readDatabaseConfig } from './config.js'
import { AuthError } from './errors.js'
import { createLogger } from './logger.js'

const USAGE = `Usage:
  migrate         bring the database of DATABASE_URL up to date
  admin <email>   make a registered user an ADMIN`

async function migrate(): Promise<string> {
  const applied = await migrateDatabase(readDatabaseConfig())
  return applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`
}

async function admin(email: string): Promise<string> {
  const app = await createApp(readConfig(), createLogger('silent'))
  try {
    const { changed } = await app.services.roles.setRole({ email }, 'ADMIN')
    return changed ? `${email} is an ADMIN now, and has to sign in again.` : `${email} is an ADMIN already.`
  } finally {
    await app.close()
  }
}

async function run([command, argument]: string[]): Promise<string> {
  if (command === 'migrate' && argument === undefined) return migrate()
  if (command === 'admin' && argument !== undefined) return admin(argument)
  throw new ConfigError(USAGE)
}

try {
  process.stdout.write(`${await run(process.argv.slice(2))}\n`)
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof AuthError
  process.stderr.write(`${expected ? error.message : String(error)}\n`)
  process.exitCode = 1
}
