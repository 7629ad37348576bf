import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../../support/database.js'
import { createNotesDatabase, type NoteEvent, startNotes } from '../../support/notes.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let processes: ReturnType<typeof startNotes>[]
const consumed: NoteEvent[] = []

beforeAll(async () => {
  database = await createNotesDatabase()
  const start = () => startNotes(database.server, (event) => void consumed.push(event))
  processes = [start(), start()]
})
afterAll(async () => {
  for (const process of processes) await process.close()
  await database.drop()
})

const stored = async (userId: string) => {
  const rows = await database.query<{ seq: number; type: string }>(
    'SELECT seq, type FROM outbox WHERE user_id = ? ORDER BY seq',
    [userId],
  )
  return rows.map(({ seq, type }) => `${seq} ${type}`)
}

/** Writes a note of a user in some process. */
const write = (userId: string, note: number) => processes[note % processes.length]!.write(userId, note)

/** As its job does, each process looks for what the others have left. */
const allProcessed = () =>
  until('nothing is left to do', async () => {
    await Promise.all(processes.map(({ events }) => events.step()))
    const left = 'SELECT 1 FROM outbox WHERE published_at IS NULL UNION ALL SELECT 1 FROM event_deliveries'
    return (await database.query(left)).length === 0
  })

const counted = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('events of a service without users', () => {
  it('are numbered from the first one, which several processes write at once, and processed once', async () => {
    const users = [randomUUID(), randomUUID()]
    await Promise.all(users.flatMap((user) => counted(1, 30).map((note) => write(user, note))))
    await allProcessed()
    for (const user of users) {
      expect(await stored(user)).toEqual(counted(1, 30).map((seq) => `${seq} note.written`))
      const own = consumed.filter(({ userId }) => userId === user)
      expect(own.map(({ data }) => data.note).toSorted((a, b) => a - b)).toEqual(counted(1, 30))
    }
  })

  it('have no number again after the data of the user were erased', async () => {
    const user = randomUUID()
    await write(user, 1)
    await write(user, 2)
    await allProcessed()
    await database.query('DELETE FROM outbox WHERE user_id = ?', [user])
    await write(user, 3)
    expect(await stored(user)).toEqual(['3 note.written'])
  })

  it('are numbered for many users in one statement, also where some have had none, and two do it at once', async () => {
    const users = counted(1, 40).map(() => randomUUID())
    await write(users[0]!, 1)
    const deleted = users.map((userId) => ({ userId, event: { type: 'note.deleted', data: { note: 1 } } as const }))
    await Promise.all([
      processes[0]!.transaction((tx) => processes[0]!.trail.recordAll(tx, deleted)),
      processes[1]!.transaction((tx) => processes[1]!.trail.recordAll(tx, deleted.toReversed())),
    ])
    expect(await stored(users[0]!)).toEqual(['1 note.written', '2 note.deleted', '3 note.deleted'])
    const others = await database.query<{ seqs: string }>(
      'SELECT GROUP_CONCAT(seq ORDER BY seq) AS seqs FROM outbox WHERE user_id IN (?) GROUP BY user_id',
      [users.slice(1)],
    )
    expect(others.map(({ seqs }) => seqs)).toEqual(users.slice(1).map(() => '1,2'))
  })

  it('can be taken back, and written at most once in a time', async () => {
    const user = randomUUID()
    const [{ transaction, trail }] = processes as [(typeof processes)[0]]
    const event = { type: 'note.written', data: { note: 1 } } as const
    const sample = () => transaction((tx) => trail.recordSampled(tx, user, event, 60))
    expect(await sample()).toBe('recorded')
    expect(await sample()).toBe('recent')
    await transaction(async (tx) => {
      const ids = await trail.record(tx, user, { type: 'note.deleted', data: { note: 1 } })
      await trail.withdraw(tx, user, ids)
    })
    await write(user, 2)
    expect(await stored(user)).toEqual(['1 note.written', '2 note.written'])
  })

  it('are written only with their change', async () => {
    const user = randomUUID()
    const [{ transaction, trail }] = processes as [(typeof processes)[0]]
    const change = transaction(async (tx) => {
      await trail.record(tx, user, { type: 'note.written', data: { note: 1 } })
      throw new Error('the change fails')
    })
    await expect(change).rejects.toThrow('the change fails')
    expect(await stored(user)).toEqual([])
  })

  it('are deleted a week after they were published, and so are the notes that they were processed', async () => {
    const users = [randomUUID(), randomUUID(), randomUUID()]
    await Promise.all(users.map((user) => write(user, 1)))
    await allProcessed()
    await database.query('UPDATE outbox SET published_at = UTC_TIMESTAMP(3)')
    await database.query('UPDATE processed_events SET at = UTC_TIMESTAMP(3)')
    const { events } = processes[0]!
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)
    expect(await events.purge(inDays(6))).toBe(0)
    await database.query('UPDATE outbox SET published_at = NULL WHERE user_id = ?', [users[0]])
    expect(await events.purge(inDays(8))).toBeGreaterThan(users.length)
    const rows = await database.query<{ user: string }>('SELECT user_id AS user FROM outbox')
    expect(rows).toEqual([{ user: users[0] }])
    expect(await database.query('SELECT 1 FROM processed_events')).toEqual([])
  })
})
