import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DeadLetter } from '@postern/service/events/consumers'
import type { AnyEvent } from '../../../src/services/events/index.js'
import { REGISTER } from '../../support/client.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
const written: AnyEvent[] = []
const sent: AnyEvent[] = []
/** How many attempts to send will fail. */
let failing = 0
/** The email address whose event can't be sent. */
let impossible = ''
/** The email address whose event does not concern the consumers. */
let irrelevant = ''

beforeAll(async () => {
  service = await startService()
  service.app.consumers.push(
    {
      name: 'test-write',
      types: ['user.registered'],
      async write(event, tx) {
        await tx.write('UPDATE users SET city = ? WHERE id = ?', [String(event.seq), event.userId])
        written.push(event)
      },
    },
    {
      name: 'test-send',
      types: ['user.registered'],
      select: (events) => events.filter((event) => event.type !== 'user.registered' || event.data.email !== irrelevant),
      send(event) {
        if (event.type === 'user.registered' && event.data.email === impossible)
          return Promise.reject(new DeadLetter('The server refuses it.'))
        if (failing > 0) {
          failing -= 1
          return Promise.reject(new Error('The server does not respond.'))
        }
        sent.push(event)
        return Promise.resolve()
      },
    },
  )
})
afterAll(() => service.stop())

const of = (list: AnyEvent[], { id }: { id: string }) => list.filter(({ userId }) => userId === id)

describe('an event', () => {
  it('is committed with its change, numbered, and processed once by each consumer', async () => {
    const user = await service.signUp()
    await until('it is processed', () => of(written, user).length > 0 && of(sent, user).length > 0)
    const [event] = of(written, user)
    expect(event).toMatchObject({ type: 'user.registered', seq: 1, data: { email: user.email } })
    expect(of(sent, user)).toEqual([event])
    await until('the queues are empty', async () => (await waiting(user)) === 0)
    const [row] = await service.database.query<{ city: string }>('SELECT city FROM users WHERE id = ?', [user.id])
    expect(row!.city).toBe('1')
  })

  it('does not wait because the clock of the process that publishes it is ahead', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    const user = await service.register()
    await until('it is published', async () => {
      const sql = 'SELECT 1 FROM outbox WHERE user_id = ? AND published_at IS NOT NULL'
      return (await service.database.query(sql, [user.id])).length > 0
    }).finally(() => vi.useRealTimers())
    await until('it is processed', () => of(sent, user).length > 0)
  })

  it('gets into no queue of a consumer that has nothing to do for it', async () => {
    irrelevant = 'irrelevant@example.com'
    const user = await service.register({ email: irrelevant })
    await until('the others have processed it', () => of(written, user).length > 0)
    await until('the queues are empty', async () => (await waiting(user)) === 0)
    const notes = await service.database.query<{ consumer: string }>(
      'SELECT consumer FROM processed_events p JOIN outbox o ON o.id = p.event_id WHERE o.user_id = ?',
      [user.id],
    )
    const names = notes.map(({ consumer }) => consumer)
    expect(names).toContain('test-write')
    // No webhook is registered.
    expect(names).not.toContain('webhooks')
    expect(names).not.toContain('test-send')
    expect(of(sent, user)).toEqual([])
  })

  it('is tried again after a failure', async () => {
    failing = 1
    const user = await service.signUp()
    await until('it is sent', () => of(sent, user).length > 0)
    expect(failing).toBe(0)
    expect(of(written, user)).toHaveLength(1)
  })

  it('becomes a dead letter at once if another try can not succeed; an operator can try it again or drop it', async () => {
    impossible = 'refused@example.com'
    const { deadLetters, metrics } = service.app
    const refused = await service.register({ email: impossible })
    const next = await service.register()
    await until('it is dead', async () => (await deadLetters.list(null)).length === 1)
    await until('the next one is sent', () => of(sent, next).length > 0)
    const [letter] = await deadLetters.list('test-send')
    expect(letter).toMatchObject({
      ...{ consumer: 'test-send', attempts: 1, reason: 'The server refuses it.' },
      type: 'user.registered',
    })
    await until('the queues are empty', async () => (await waiting(next)) === 0)
    const text = await metrics.text()
    expect(text).toMatch(/^postern_event_dead_letters\{consumer="test-send"\} 1$/m)
    expect(text).toMatch(/^postern_event_queue_depth\{consumer="test-send"\} 0$/m)
    expect(text).toMatch(/^postern_event_deliveries_total\{consumer="test-send",result="dead"\} 1$/m)
    expect(text).toMatch(/^postern_outbox_backlog 0$/m)

    const { eventId } = letter!
    expect(await deadLetters.retry('test-write', eventId)).toBe(0)
    expect(await deadLetters.retry('test-send', eventId)).toBe(1)
    await until('it is dead again', async () => (await deadLetters.list('test-send')).length === 1)
    impossible = ''
    expect(await deadLetters.retry('test-send', null)).toBe(1)
    await until('it is sent', () => of(sent, refused).length > 0)
    expect(await deadLetters.drop('test-send', null)).toBe(0)
  })

  it('is not written if its change fails', async () => {
    const user = await service.register()
    expect((await service.graphql(REGISTER, { input: { email: user.email, password: user.password } })).code).toBe(
      'EMAIL_EXISTS',
    )
    const rows = await service.database.query('SELECT * FROM outbox WHERE data LIKE ?', [`%${user.email}%`])
    expect(rows).toHaveLength(1)
  })
})

describe('old events', () => {
  it('are deleted once they are published and in no queue, and so is the note that they were processed', async () => {
    const [user, kept] = [await service.signUp(), await service.register()]
    const { database } = service
    const ids = [user.id, kept.id]
    const unpublished = 'SELECT id FROM outbox WHERE published_at IS NULL AND user_id IN (?)'
    await until('they are published', async () => (await database.query(unpublished, [ids])).length === 0)
    await until('they are processed', async () => (await waiting(user)) + (await waiting(kept)) === 0)
    await database.query('UPDATE outbox SET published_at = published_at - INTERVAL 8 DAY WHERE user_id IN (?)', [ids])
    await database.query('UPDATE processed_events SET at = at - INTERVAL 8 DAY')
    await database.query(
      "INSERT INTO event_deliveries (consumer, event_id, due_at) SELECT 'test-gone', id, at FROM outbox WHERE user_id = ?",
      [kept.id],
    )
    await service.app.background.purge()
    const left = await database.query('SELECT DISTINCT user_id AS id FROM outbox WHERE user_id IN (?)', [ids])
    expect(left).toEqual([{ id: kept.id }])
    expect(await database.query('SELECT 1 FROM processed_events WHERE at < UTC_TIMESTAMP() - INTERVAL 7 DAY')).toEqual(
      [],
    )
  })
})

describe('OUTBOX=false', () => {
  it('writes no events, promises no mails, and everything else works', async () => {
    const env = { OUTBOX: 'false', DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    const without = await startInstance(env)
    const user = await without.signUp()
    const request = `mutation { requestPasswordReset(email: "${user.email}") }`
    expect((await without.graphql(request)).code).toBe('MAIL_UNAVAILABLE')
    await without.succeed('mutation { logout }', {}, user.token)
    expect((await without.graphql('{ profile { id } }', {}, user.token)).code).toBe('UNAUTHENTICATED')
    await without.stop()
    expect(await service.database.query('SELECT 1 FROM outbox WHERE user_id = ?', [user.id])).toEqual([])
  })
})

async function waiting({ id }: { id: string }): Promise<number> {
  const [row] = await service.database.query<{ count: number }>(
    'SELECT COUNT(*) AS count FROM event_deliveries d JOIN outbox o ON o.id = d.event_id WHERE o.user_id = ?',
    [id],
  )
  return Number(row!.count)
}
