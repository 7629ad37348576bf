import { createAuditKeys } from '../../src/services/audit/index.js'
import { writtenMac } from '../../src/services/audit/seals.js'
import { createTestDatabase } from './database.js'
import type { StoredEntry } from './audit.js'
import { testRedisUrl } from './redis.js'
import { startInstance } from './service.js'

export const FIRST_KEY = 'first-audit-key-0123456789abcdef01'
const SECOND_KEY = 'second-audit-key-0123456789abcdef0'

export type AuditChain = Awaited<ReturnType<typeof startAuditChain>>

/** Of an entry that waits for its seal. */
export const COLUMNS = 'id, at, action, result, actor, facts, key_id, seal'

/** An audit log with two instances, of which the second has a newer key. They seal only when the test says so. */
export async function startAuditChain() {
  const database = await createTestDatabase()
  const start = (env: Record<string, string>) =>
    startInstance({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), ...env }, { alone: true })
  const one = await start({ AUDIT_KEY: FIRST_KEY, AUDIT_RETENTION_DAYS: '30' })
  const other = await start({ AUDIT_KEY: SECOND_KEY, AUDIT_KEY_PREVIOUS: FIRST_KEY })
  const connection = await database.connect()

  let written = 0
  async function write(entries: number, instance = one): Promise<void> {
    const { protectedUsernames } = instance.app.services.usernames
    for (let i = 0; i < entries; i++) await protectedUsernames.protect(`name-${(written += 1)}`)
  }
  const keys = createAuditKeys(FIRST_KEY, [])

  /** The values of an entry that the service could have written, in the order of {@link COLUMNS}. */
  function genuine(id: string): (string | null)[] {
    const content = {
      ...{ id, action: 'LOGIN', result: 'SUCCESS', actor: 'SERVICE', actorId: null, accountId: null },
      ...{ facts: '{}', commitment: null },
    }
    const { action, result, actor, facts } = content
    return [id, '2026-11-29', action, result, actor, facts, keys.currentId, writtenMac(keys, keys.currentId, content)]
  }
  const seal = (instance = one) => instance.app.background.sealAudit()

  return {
    ...{ database, connection, one, other, write, seal, genuine },
    verify: (instance = one, head: { position: number; seal: string } | null = null) =>
      instance.app.services.audit.verify(head),

    /** Takes all entries out of the chain, as if they had only just been written, by the service. */
    async unseal(): Promise<void> {
      const rows = await database.query<StoredEntry>('SELECT * FROM audit_entries')
      for (const { actor_id: actorId, account_id: accountId, ...entry } of rows)
        await connection.query('UPDATE audit_entries SET position = NULL, key_id = ?, seal = ? WHERE id = ?', [
          ...[keys.currentId, writtenMac(keys, keys.currentId, { ...entry, actorId, accountId }), entry.id],
        ])
      await connection.query(`UPDATE audit_chain SET position = 0, seal = ''`)
    },

    /** Starts again with so many sealed entries. */
    async restart(entries: number): Promise<void> {
      await connection.query(
        `DELETE FROM audit_entries; DELETE FROM audit_details;
         UPDATE audit_chain SET position = 0, seal = '', anchor_position = 0, anchor_seal = '', anchor_key_id = '',
           anchor_mac = ''`,
      )
      await write(entries)
      await seal()
    },

    async stop(): Promise<void> {
      await Promise.all([one.stop(), other.stop(), connection.end()])
      await database.drop()
    },
  }
}
