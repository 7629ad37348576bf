// migrate: brings the database up to date.
import { findSharedMailboxes, migrateDatabase } from '../../app/operator-commands.js'
import { readDatabaseConfig } from '../../config/index.js'
import type { Command } from '@postern/service/commands/command'
import { refuseUnusable } from './with-app.js'

/** Ids only: the output of a deployment ends up in logs. */
const SHARED_MAILBOXES =
  'These pairs of accounts share a mailbox, because their domains differ only in notation. Nothing was changed: see docs/migrations.md.'

export const migrate: Command = {
  words: ['migrate'],
  arguments: [],
  about: 'apply all missing migrations to the database of DATABASE_URL',
  run: () => async (env) => {
    const config = readDatabaseConfig(env)
    await refuseUnusable(config)
    const applied = await migrateDatabase(config)
    const done = applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`
    const pairs = (await findSharedMailboxes(config)).map(({ owner, other }) => `  ${owner} and ${other}`)
    return pairs.length === 0 ? done : [done, SHARED_MAILBOXES, ...pairs].join('\n')
  },
}
