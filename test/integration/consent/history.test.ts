import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HistoryProblem } from '@postern/proto/consent'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createErasures } from '@postern/service/erasures'
import { readConfig } from '../../../services/consent/src/config/index.js'
import { createRetention } from '../../../services/consent/src/consents/retention.js'
import type { Chains } from '../../../services/consent/src/history/chains.js'
import { createConsentDatabase, grantOf, newUser, type RunningConsent, startConsent } from '../../support/consent.js'
import type { TestDatabase } from '../../support/database.js'
import { failureOf } from '../../support/grpc.js'
import { startTokenIssuer } from '../../support/token-issuer.js'
import { readDataModel } from '../../support/prisma-schema.js'
import { tablesOf } from '../../support/tables.js'

const DAY_MS = 86_400_000
const YEAR_MS = 366 * DAY_MS
const PURPOSE = 'integrations.write'

let issuer: Awaited<ReturnType<typeof startTokenIssuer>>
let database: TestDatabase
let consent: RunningConsent

beforeAll(async () => {
  issuer = await startTokenIssuer()
  // The tests say when its jobs run.
  consent = await startConsent({}, { idle: true })
  database = consent.database
})
afterAll(async () => {
  await consent.stop()
  await issuer.stop()
})

const consentOf = (userId: string, grantedAt: Date, more: object = {}) => ({
  ...{ id: newUser(), userId, purpose: PURPOSE, state: 'GRANTED' as const, scopes: [], textVersion: 1, language: 'en' },
  ...{ textHash: 'h', jurisdiction: null, grantedAt, expiresAt: new Date(grantedAt.getTime() + 365 * DAY_MS) },
  ...{ revokedAt: null, ...more },
})

/** A user who has given, withdrawn and given a consent. */
async function userWithHistory(): Promise<string> {
  const user = newUser()
  await consent.rpc.grantConsent(grantOf(PURPOSE), consent.as(user))
  await consent.rpc.revokeConsent({ purpose: PURPOSE }, consent.as(user))
  await consent.rpc.grantConsent(grantOf(PURPOSE), consent.as(user))
  return user
}

const verify = (userId: string) => consent.rpc.verifyHistory({ userId }, consent.asService)

/** As someone with all privileges does. */
const tamper = (sql: string, values: unknown[]) =>
  database.connect().then(async (connection) => {
    const triggers = ['consent_history_no_update', 'consent_history_no_delete']
    for (const trigger of triggers) await connection.query(`DROP TRIGGER IF EXISTS ${trigger}`)
    await connection.query(sql, values)
    await connection.end()
  })

describe('a history', () => {
  it('never forks: of changes at once, each gets its place, and one revocation is enough', async () => {
    const user = newUser()
    const purposes = ['user.profile', 'user.activity', PURPOSE]
    const grants = await Promise.all(
      [...purposes, ...purposes].map((purpose) => consent.rpc.grantConsent(grantOf(purpose), consent.as(user))),
    )
    expect(grants.filter(({ changed }) => changed)).toHaveLength(3)
    const revocations = await Promise.all(
      Array.from({ length: 4 }, () => consent.rpc.revokeConsent({ purpose: PURPOSE }, consent.as(user))),
    )
    expect(revocations.filter(({ changed }) => changed)).toHaveLength(1)
    expect(await verify(user)).toMatchObject({ intact: true, entries: 4n, retiredEntries: 0n })
  })

  it('publishes each change with its place and its code, and no address', async () => {
    const user = await userWithHistory()
    const events = await database.query<{ type: string; data: string; seq: number }>(
      'SELECT type, data, seq FROM outbox WHERE user_id = ? ORDER BY seq',
      [user],
    )
    expect(events.map(({ type }) => type)).toEqual(['consent.granted', 'consent.revoked', 'consent.granted'])
    const { events: history } = await consent.rpc.getConsentHistory({}, consent.as(user))
    const data = events.map((event) => JSON.parse(event.data) as Record<string, unknown>)
    expect(data.map(({ sequence, mac }) => [sequence, mac])).toEqual(
      history.toReversed().map(({ sequence, mac }) => [Number(sequence), mac]),
    )
    expect(JSON.stringify(data)).not.toContain('127.0.0.1')
  })

  it('refuses to be changed, where the server has triggers', async () => {
    const user = await userWithHistory()
    for (const sql of [
      "UPDATE consent_history SET type = 'REVOKED' WHERE user_id = ?",
      'DELETE FROM consent_history WHERE user_id = ?',
    ])
      await expect(database.query(sql, [user])).rejects.toThrow(/consent_history/)
  })

  it.each<[what: string, sql: string, problem: HistoryProblem]>([
    [
      'an entry',
      'UPDATE consent_history SET at = at + INTERVAL 1 SECOND WHERE user_id = ? AND sequence = 2',
      HistoryProblem.ENTRY_CHANGED,
    ],
    [
      'an entry that is gone',
      'DELETE FROM consent_history WHERE user_id = ? AND sequence = 2',
      HistoryProblem.ENTRY_MISSING,
    ],
    [
      'the last entry, which is gone',
      'DELETE FROM consent_history WHERE user_id = ? AND sequence = 3',
      HistoryProblem.ENTRY_MISSING,
    ],
    [
      'an entry that was added',
      'INSERT INTO consent_history SELECT user_id, 4, schema_version, consent_id, type, purpose, scopes, text_version, language, text_hash, at, expires_at, recorded_by, source, jurisdiction, controller_name, controller_address, controller_contact, commitment, key_id, mac FROM consent_history WHERE user_id = ? AND sequence = 3',
      HistoryProblem.ENTRY_CHANGED,
    ],
    [
      'an address',
      "UPDATE consent_details SET address = '192.0.2.99' WHERE user_id = ?",
      HistoryProblem.DETAILS_CHANGED,
    ],
    ['a missing address', 'DELETE FROM consent_details WHERE user_id = ?', HistoryProblem.DETAILS_CHANGED],
    ['the head', 'UPDATE consent_chains SET sequence = 2 WHERE user_id = ?', HistoryProblem.HEAD_CHANGED],
    ['a head that is gone', 'DELETE FROM consent_chains WHERE user_id = ?', HistoryProblem.HEAD_CHANGED],
    [
      'the current consent',
      'UPDATE consents SET expires_at = expires_at + INTERVAL 1 YEAR WHERE user_id = ?',
      HistoryProblem.STATE_CHANGED,
    ],
    ['a missing consent', 'DELETE FROM consents WHERE user_id = ?', HistoryProblem.STATE_CHANGED],
  ])('shows that someone has written to the database: %s', async (_, sql, problem) => {
    const user = await userWithHistory()
    expect(await verify(user)).toMatchObject({ intact: true, entries: 3n })
    await tamper(sql, [user])
    expect(await verify(user)).toMatchObject({ intact: false, problem })
  })

  it.each(['erased_through = 3', "key_id = '00000000'"])(
    'lets a person withdraw behind a damaged head (%s), and shows the damage from then on',
    async (damage) => {
      const damaged = async () =>
        Number(/^postern_consent_damaged_histories_total (\d+)$/m.exec(await consent.metrics.text())?.[1])
      const before = await damaged()
      const user = await userWithHistory()
      await tamper(`UPDATE consent_chains SET ${damage} WHERE user_id = ?`, [user])
      expect(await consent.rpc.revokeConsent({ purpose: PURPOSE }, consent.as(user))).toMatchObject({ changed: true })
      expect(await verify(user)).toMatchObject({ intact: false, problem: HistoryProblem.HEAD_CHANGED, sequence: 4n })
      expect(await damaged()).toBe(before + 1)
    },
  )
})

describe('a consent whose time is over', () => {
  it('is not valid, also before that is recorded, and is then recorded once', async () => {
    const user = newUser()
    const grantedAt = new Date(Date.now() - 366 * DAY_MS)
    await consent.recordAt(grantedAt, consentOf(user, grantedAt))
    const answer = () => consent.rpc.validateConsent({ userId: user, purpose: PURPOSE }, consent.asService)
    expect(await answer()).toMatchObject({ valid: false, reason: 3 })
    const recorded = await Promise.all([1, 2].map(() => consent.job('recording expired consents')))
    expect(recorded.reduce((sum: number, count) => sum + Number(count), 0)).toBe(1)
    expect(await answer()).toMatchObject({ valid: false, reason: 3 })
    const { events } = await consent.rpc.getConsentHistory({}, consent.as(user))
    expect(events).toMatchObject([{ recordedBy: 'system', source: 'expiry' }, { sequence: 1n }])
    expect(await verify(user)).toMatchObject({ intact: true, entries: 2n })
  })
})

describe('jobs for many users', () => {
  it('go on with the others if they fail for one', async () => {
    const users = [newUser(), newUser()].toSorted()
    const grantedAt = new Date(Date.now() - 366 * DAY_MS)
    for (const user of users) await consent.recordAt(grantedAt, consentOf(user, grantedAt))
    await database.query("INSERT INTO consent_keys (key_id, first_used_at) VALUES ('elsewher', NOW(3))")
    await tamper("UPDATE consent_chains SET key_id = 'elsewher' WHERE user_id = ?", [users[0]])
    await expect(consent.job('recording expired consents')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    const states = await database.query('SELECT state FROM consents WHERE user_id IN (?, ?) ORDER BY user_id', users)
    expect(states).toEqual([{ state: 'GRANTED' }, { state: 'EXPIRED' }])
    await database.query("DELETE FROM consent_keys WHERE key_id = 'elsewher'")
    await database.query('DELETE FROM consents WHERE user_id = ?', [users[0]])
  })
})

describe('what is older than the retention', () => {
  const long = (years: number) => new Date(Date.now() - years * YEAR_MS)

  it('is deleted, except what a granted consent rests on, and the rest verifies', async () => {
    const user = newUser()
    const first = consentOf(user, long(9))
    await consent.recordAt(long(9), first)
    await consent.recordAt(long(8), { ...first, state: 'REVOKED', revokedAt: long(8) })
    const kept = consentOf(user, long(7.5), { purpose: 'user.profile', expiresAt: new Date(Date.now() + DAY_MS) })
    await consent.recordAt(long(7.5), kept)
    await consent.recordAt(
      long(1),
      consentOf(user, long(1), { purpose: 'user.activity', expiresAt: new Date(Date.now() + DAY_MS) }),
    )
    expect(await consent.job('deleting what is older than the retention')).toBe(2)
    expect(await verify(user)).toMatchObject({ intact: true, entries: 2n, retiredEntries: 2n })
    const { consents } = await consent.rpc.listConsents({ userId: user }, consent.asService)
    expect(consents.map(({ purpose }) => purpose)).toEqual(['user.activity', 'user.profile'])
    expect(await consent.job('deleting what is older than the retention')).toBe(0)
    await consent.rpc.revokeConsent({ all: true }, consent.as(user))
    expect(await verify(user)).toMatchObject({ intact: true, entries: 4n, retiredEntries: 2n })
  })

  it('takes its key along: a key by which nothing is left need not be configured any more', async () => {
    const user = newUser()
    await consent.recordAt(long(1), consentOf(user, long(1), { expiresAt: new Date(Date.now() + DAY_MS) }))
    const [head] = await database.query<{ mac: string }>('SELECT mac FROM consent_chains WHERE user_id = ?', [user])
    expect(head).toBeDefined()
    // Another user's head, by a key of nine years ago.
    const headBy = (keyId: string) =>
      database.query(
        `INSERT INTO consent_chains (user_id, sequence, last_mac, retired_sequence, retired_mac, erased_through, key_id, mac)
         VALUES (?, 0, '', 0, '', 0, ?, ?)`,
        [newUser(), keyId, head!.mac],
      )
    const add = (keyId: string, years: number) =>
      database.query('INSERT INTO consent_keys VALUES (?, ?)', [keyId, long(years)])
    await Promise.all([
      add('unused00', 9.5),
      add('used0000', 9),
      add('newer000', 8),
      add('recent00', 1),
      headBy('used0000'),
    ])
    expect(await consent.job('forgetting keys that nothing was written with')).toBe(1)
    const keys = await database.query<{ id: string }>(
      "SELECT key_id AS id FROM consent_keys WHERE key_id LIKE '%0' ORDER BY first_used_at",
    )
    // The last one before the retention may have written what is younger.
    expect(keys.map(({ id }) => id)).toEqual(['used0000', 'newer000', 'recent00'])
    await database.query("DELETE FROM consent_chains WHERE key_id = 'used0000'")
    await database.query("DELETE FROM consent_keys WHERE key_id IN ('newer000', 'recent00')")
    expect(await consent.job('forgetting keys that nothing was written with')).toBe(0)
    await database.query("DELETE FROM consent_keys WHERE key_id = 'used0000'")
  })

  it('is deleted in steps: the history verifies after each, and the next run goes on where a process has died', async () => {
    const user = newUser()
    const old = consentOf(user, long(9))
    for (const state of ['GRANTED', 'REVOKED', 'GRANTED', 'REVOKED'] as const)
      await consent.recordAt(long(9), { ...old, state })
    let steps = 0
    const change: Chains['change'] = (options, work) => {
      if (options.userId === user) steps += 1
      return steps < 2 ? consent.chains.change(options, work) : Promise.reject(new Error('the process has died'))
    }
    const retire = createRetention({
      ...{ chains: { ...consent.chains, change }, consents: consent.consents, read: consent.parts().database.read },
      ...{ years: 7, step: 3, onDamaged: () => undefined },
    })
    await expect(retire()).rejects.toThrow('the process has died')
    expect(await verify(user)).toMatchObject({ intact: true, entries: 1n, retiredEntries: 3n })
    await consent.job('deleting what is older than the retention')
    expect(await database.query('SELECT 1 FROM consent_history WHERE user_id = ?', [user])).toEqual([])
    expect(await verify(user)).toMatchObject({ intact: true, entries: 0n })
  })

  it('is deleted in few steps of a user at a time, so that others get their turn', async () => {
    const user = newUser()
    for (const state of ['GRANTED', 'REVOKED', 'GRANTED', 'REVOKED'] as const)
      await consent.recordAt(long(9), { ...consentOf(user, long(9)), state })
    const retire = createRetention({
      ...{ chains: consent.chains, consents: consent.consents, read: consent.parts().database.read },
      ...{ years: 7, step: 1, steps: 3, onDamaged: () => undefined },
    })
    expect([await retire(AbortSignal.abort()), await retire(), await retire(), await retire()]).toEqual([0, 3, 1, 0])
  })

  it('leaves nothing of a user who has nothing else', async () => {
    const user = newUser()
    const old = consentOf(user, long(9))
    await consent.recordAt(long(9), old)
    await consent.recordAt(long(8), { ...old, state: 'EXPIRED' })
    await consent.job('deleting what is older than the retention')
    for (const table of ['consents', 'consent_history', 'consent_details', 'consent_chains'])
      expect(await database.query(`SELECT 1 FROM ${table} WHERE user_id = ?`, [user])).toEqual([])
    await consent.rpc.grantConsent(grantOf(PURPOSE), consent.as(user))
    expect(await verify(user)).toMatchObject({ intact: true, entries: 1n })
  })
})

describe('a deleted user', () => {
  it('leaves a history without addresses that verifies, no consents, and gets no new ones', async () => {
    const user = await userWithHistory()
    await consent.erase(user)
    await consent.erase(user)
    expect(await verify(user)).toMatchObject({ intact: true, entries: 3n, erasedDetails: 3n })
    expect((await consent.rpc.listConsents({ userId: user }, consent.asService)).consents).toEqual([])
    const { events } = await consent.rpc.getConsentHistory({ userId: user }, consent.asService)
    expect(events.map(({ detailsErased, address }) => [detailsErased, address])).toEqual(
      Array.from({ length: 3 }, () => [true, undefined]),
    )
    expect(await database.query('SELECT 1 FROM consent_details WHERE user_id = ?', [user])).toEqual([])
    const late = () => failureOf(consent.rpc.grantConsent(grantOf(PURPOSE, { userId: user }), consent.asService))
    expect((await late()).code).toBe('NOT_FOUND')
    const unknown = newUser()
    await consent.erase(unknown)
    const failure = await failureOf(consent.rpc.grantConsent(grantOf(PURPOSE, { userId: unknown }), consent.asService))
    expect(failure.code).toBe('NOT_FOUND')
    expect(await consent.rpc.revokeConsent({ userId: user, all: true }, consent.asService)).toMatchObject({
      changed: false,
    })
  })

  it('with a long history is erased in steps: it verifies after each, and a job does the rest', async () => {
    const user = await userWithHistory()
    const details = Array.from({ length: 2500 }, (_, i) => [user, i + 10, '192.0.2.1', 's'.repeat(32)])
    await database.query('INSERT INTO consent_details (user_id, sequence, address, salt) VALUES ?', [details])
    await consent.erase(user)
    const left = async () => (await database.query('SELECT 1 FROM consent_details WHERE user_id = ?', [user])).length
    expect(await left()).toBe(1503)
    expect(await verify(user)).toMatchObject({ intact: true, entries: 3n, erasedDetails: 3n })
    const late = consent.rpc.grantConsent(grantOf(PURPOSE, { userId: user }), consent.asService)
    expect((await failureOf(late)).code).toBe('NOT_FOUND')
    const finish = () => consent.job('erasing the rest of deleted users')
    expect([await finish(), await left(), await finish()]).toEqual([1, 0, 0])
    expect(await verify(user)).toMatchObject({ intact: true, entries: 3n, erasedDetails: 3n })
  })

  it('is erased in few steps at a time, so that others get their turn and the process can stop, and only by one process', async () => {
    const [large, small, elsewhere] = [newUser(), newUser(), newUser()].toSorted() as [string, string, string]
    const rows = [large, small, elsewhere].map((user) => [user, new Date()])
    await database.query('INSERT INTO erasures (user_id, begun_at) VALUES ?', [rows])
    const other = await database.connect()
    await other.query('BEGIN')
    await other.query('SELECT user_id FROM erasures WHERE user_id = ? FOR UPDATE', [elsewhere])
    const taken: string[] = []
    const stopping = new AbortController()
    const { finish } = createErasures(
      consent.parts().database,
      (_, userId) => {
        taken.push(userId)
        stopping.abort()
        return Promise.resolve(userId !== large || taken.length > 4)
      },
      { steps: 2 },
    )
    expect([await finish(stopping.signal), taken]).toEqual([0, [large]])
    expect([await finish(), await finish(), taken]).toEqual([1, 1, [large, large, large, small, large]])
    await other.query('ROLLBACK')
    await other.end()
    expect([await finish(), await finish()]).toEqual([1, 0])
  })
})

describe('the key of the history', () => {
  it('can be rotated, and an earlier one can not be lost', async () => {
    const user = await userWithHistory()
    const { CONSENT_KEY: before } = consent.config
    const next = { CONSENT_KEY: 'the next key of the history, 32 bytes long', CONSENT_KEY_PREVIOUS: before }
    const rotated = await startConsent(next, { database })
    await rotated.rpc.revokeConsent({ purpose: PURPOSE }, rotated.as(user))
    expect((await rotated.verify(user)).finding).toBeNull()
    // A process that does not have the new key yet does not know better, and says so.
    const failure = await failureOf(consent.rpc.grantConsent(grantOf(PURPOSE), consent.as(user)))
    expect(failure.code).toBe('SERVICE_UNAVAILABLE')
    expect(await verify(user)).toMatchObject({ intact: false, problem: HistoryProblem.KEY_MISSING })
    await rotated.stop()
    await expect(startConsent({ CONSENT_KEY: next.CONSENT_KEY }, { database })).rejects.toThrow(/CONSENT_KEY_PREVIOUS/)
    await database.query('DELETE FROM consent_keys WHERE key_id NOT IN (SELECT key_id FROM consent_chains)')
  })
})

describe('the texts of purposes', () => {
  const folder = process.env['TMPDIR'] ?? '/tmp'
  const withFile = async (version: number, text: string, more: object = {}) => {
    const path = join(folder, `purposes-${process.pid}.json`)
    const purpose = { name: 'workflows.publish', version, texts: { en: { title: 'Publish', text } }, ...more }
    await writeFile(path, JSON.stringify({ purposes: [purpose] }))
    const own = await createConsentDatabase()
    return { path, own }
  }

  it('never change, and only grow; a consent to an earlier one says so, or needs a renewal', async () => {
    const { path, own } = await withFile(1, 'First.')
    const file = { CONSENT_PURPOSES_FILE: path }
    const first = await startConsent(file, { database: own })
    const user = newUser()
    await first.rpc.grantConsent(grantOf('workflows.publish'), first.as(user))
    await first.stop()

    const write = (version: number, text: string, more: object = {}) =>
      writeFile(
        path,
        JSON.stringify({
          purposes: [{ name: 'workflows.publish', version, texts: { en: { title: 'Publish', text } }, ...more }],
        }),
      )
    await write(1, 'Changed.')
    await expect(startConsent(file, { database: own })).rejects.toThrow(
      'CONSENT_PURPOSES_FILE: workflows.publish: version 1 in en was released with another text; give the new one version 2.',
    )
    await write(2, 'Second.')
    const second = await startConsent(file, { database: own })
    const question = { userId: user, purpose: 'workflows.publish' }
    expect(await second.rpc.validateConsent(question, second.asService)).toMatchObject({
      valid: true,
      textOutdated: true,
    })
    await second.stop()
    await write(3, 'Third.', { needsRenewal: true })
    const third = await startConsent(file, { database: own })
    expect(await third.rpc.validateConsent(question, third.asService)).toMatchObject({ valid: false, reason: 4 })
    await third.rpc.grantConsent(grantOf('workflows.publish', { textVersion: 3 }), third.as(user))
    expect(await third.rpc.validateConsent(question, third.asService)).toMatchObject({
      valid: true,
      textOutdated: false,
    })
    const { content } = await third.rpc.exportUserConsents({}, third.as(user))
    expect((JSON.parse(content) as { texts: { text: string }[] }).texts.map(({ text }) => text)).toEqual([
      ...['First.', 'Second.', 'Third.'],
    ])
    await third.stop()
    await write(2, 'Second.')
    await expect(startConsent(file, { database: own })).rejects.toThrow(
      /version 2 is older than version 3, which was released/,
    )
    await own.drop()
  })
})

describe('the migrations', () => {
  it('create the tables of the data model, column by column and index by index', async () => {
    const { _prisma_migrations: _, ...tables } = await tablesOf(database)
    const model = new URL('../../../services/consent/prisma/schema.prisma', import.meta.url)
    expect(tables).toEqual(await readDataModel(model))
  })
})

describe('the configuration', () => {
  const valid = {
    ...{ CONSENT_DATABASE_URL: 'mysql://a:b@localhost/c', REDIS_URL: 'redis://localhost', JWT_SECRET: 's'.repeat(32) },
    CONSENT_KEY: 'k'.repeat(32),
  }
  it.each<[what: string, change: Record<string, string>, problem: RegExp]>([
    ['a short key', { CONSENT_KEY: 'short' }, /CONSENT_KEY must be at least 32 bytes/],
    ['a short earlier key', { CONSENT_KEY_PREVIOUS: 'short' }, /CONSENT_KEY_PREVIOUS must be comma-separated keys/],
    [
      'a file that is not there',
      { CONSENT_PURPOSES_FILE: '/nowhere' },
      /CONSENT_PURPOSES_FILE must be the path.*ENOENT/,
    ],
    [
      'no controller in production',
      { NODE_ENV: 'production', REVOCATION_KEY: 'r'.repeat(32) },
      /CONSENT_CONTROLLER_NAME is required in production/,
    ],
    [
      'a development key in production',
      { NODE_ENV: 'production', CONSENT_KEY: `development-${'k'.repeat(32)}` },
      /CONSENT_KEY is a development secret/,
    ],
    ['a language that is none', { CONSENT_LANGUAGE: 'EN_us' }, /CONSENT_LANGUAGE must be a language tag/],
  ])('with %s is refused', (_, change, problem) => {
    expect(() => readConfig({ ...valid, ...change })).toThrow(problem)
  })
})
