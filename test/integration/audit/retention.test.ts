import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startAuditChain, type AuditChain } from '../../support/audit-chain.js'

let chain: AuditChain
beforeAll(async () => {
  chain = await startAuditChain()
})
afterAll(() => chain.stop())
beforeEach(() => chain.restart(6))

describe('erased details', () => {
  it('leave a chain that verifies, while changed ones do not', async () => {
    const { id } = await chain.one.register()
    const registered = await chain.one.register()
    await chain.seal()
    await chain.one.app.services.audit.erasure.eraseNow(id)
    await chain.seal()
    expect(await chain.verify()).toMatchObject({ problem: null, entries: 9, erased: 1 })
    const details = await chain.database.query<{ id: string }>(
      'SELECT e.account_id AS id FROM audit_details d JOIN audit_entries e ON e.id = d.entry_id',
    )
    expect(details).toEqual([{ id: registered.id }])
    await chain.connection.query(`UPDATE audit_details SET ip_address = '192.0.2.1'`)
    expect((await chain.verify()).problem).toEqual({ position: 8, text: 'The details were changed.' })
  })
})

describe('retention', () => {
  it('deletes old entries from the beginning and leaves a chain that verifies', async () => {
    const { id } = await chain.one.register()
    await chain.seal()
    // As if they had been written that long ago: sealed once more.
    await chain.connection.query(
      'UPDATE audit_entries SET at = at - INTERVAL 31 DAY WHERE position <= 3 OR position = 7',
    )
    await chain.unseal()
    await chain.seal()
    const noted = (await chain.verify()).head
    await chain.one.app.background.purge()
    const result = await chain.verify(chain.one, noted)
    expect(result).toMatchObject({ problem: null, entries: 4, anchor: 3, head: { position: 7 } })
    // What is old waits for a younger entry before it.
    const [kept] = await chain.database.query(
      'SELECT d.entry_id FROM audit_details d JOIN audit_entries e ON e.id = d.entry_id WHERE e.account_id = ?',
      [id],
    )
    expect(kept).toBeDefined()
    expect((await chain.verify(chain.one, { position: 2, seal: noted.seal })).problem?.text).toMatch(
      /deleted because of its age/,
    )

    await chain.write(1)
    await chain.seal()
    expect(await chain.verify()).toMatchObject({ problem: null, entries: 5, head: { position: 8 } })
    // With another key after the purge.
    expect((await chain.verify(chain.other)).problem).toBeNull()
  })

  it('deletes nothing that is not sealed', async () => {
    await chain.connection.query(
      `INSERT INTO audit_entries (id, at, action, result, actor, facts) VALUES (UUID(), '2000-01-01', 'LOGIN', 'SUCCESS', 'SERVICE', '{}')`,
    )
    await chain.one.app.background.purge()
    expect(await chain.verify()).toMatchObject({ problem: null, entries: 6, waiting: { count: 1 } })
  })
})
