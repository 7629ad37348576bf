// migrate: brings the database up to date.
import { migrateDatabase } from '../../app/operator-commands.js'
import { readDatabaseConfig } from '../../config/index.js'
import type { Command } from './command.js'
import { refuseUnusable } from './with-app.js'

export const migrate: Command = {
  words: ['migrate'],
  arguments: [],
  about: 'apply all missing migrations to the database of DATABASE_URL',
  async run() {
    const config = readDatabaseConfig()
    await refuseUnusable(config)
    const applied = await migrateDatabase(config)
    return applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`
  },
}
