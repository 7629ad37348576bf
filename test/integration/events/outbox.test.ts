import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AnyEvent, DeadLetter } from '../../../src/services/events/index.js'
import { REGISTER } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
const written: AnyEvent[] = []
const sent: AnyEvent[] = []
/** How many attempts to send will fail. */
let failing = 0
/** The email address whose event can't be sent. */
let impossible = ''

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

  it('is tried again after a failure', async () => {
    failing = 1
    const user = await service.signUp()
    await until('it is sent', () => of(sent, user).length > 0)
    expect(failing).toBe(0)
    expect(of(written, user)).toHaveLength(1)
  })

  it('becomes a dead letter at once if another try can not succeed', async () => {
    impossible = 'refused@example.com'
    const { id } = await service.register({ email: impossible })
    const row = await until('it is dead', async () => {
      const rows = await service.database.query<{ attempts: number; reason: string }>(
        `SELECT d.attempts, d.reason FROM event_deliveries d JOIN outbox o ON o.id = d.event_id
         WHERE o.user_id = ? AND d.dead_at IS NOT NULL`,
        [id],
      )
      return rows[0]
    })
    expect({ ...row }).toEqual({ attempts: 1, reason: 'The server refuses it.' })
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

async function waiting({ id }: { id: string }): Promise<number> {
  const [row] = await service.database.query<{ count: number }>(
    'SELECT COUNT(*) AS count FROM event_deliveries d JOIN outbox o ON o.id = d.event_id WHERE o.user_id = ?',
    [id],
  )
  return Number(row!.count)
}
