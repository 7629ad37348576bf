// The table of people: who gets notifications, and how they want them.
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import { ServiceError } from '@postern/service/errors'
import type { Choices } from '../settings/choices.js'

export interface Person {
  choices: Choices
  /** When they last chose. */
  chosenAt: Date | null
  /** Their account was deleted. */
  isErased: boolean
}

export interface LockedPerson extends Person {
  /** The number of their latest notification in the app. */
  inboxSeq: number
  /** The database's time. */
  now: Date
}

interface Row {
  choices: string | null
  chosenAt: Date | null
  erasedAt: Date | null
}

const COLUMNS = 'choices, chosen_at AS chosenAt, erased_at AS erasedAt'

const NOBODY: Person = { choices: {}, chosenAt: null, isErased: false }

const personOf = ({ choices, chosenAt, erasedAt }: Row): Person => ({
  choices: choicesOf(choices),
  chosenAt,
  isErased: erasedAt !== null,
})

/** As stored. */
export const choicesOf = (text: string | null): Choices => (text === null ? {} : (JSON.parse(text) as Choices))

export type PeopleTable = ReturnType<typeof createPeopleTable>

/** Locks the person's row until the commit, and makes it if there is none. */
async function lock(tx: Statements, userId: string): Promise<LockedPerson> {
  const select = () =>
    tx.select<Row & { inboxSeq: string | number; now: Date }>(
      `SELECT ${COLUMNS}, inbox_seq AS inboxSeq, UTC_TIMESTAMP(3) AS now FROM people WHERE user_id = ? FOR UPDATE`,
      [userId],
    )
  let [row] = await select()
  if (!row) {
    await tx.write('INSERT IGNORE INTO people (user_id, created_at) VALUES (?, UTC_TIMESTAMP(3))', [userId])
    ;[row] = await select()
  }
  if (!row) throw new Error('the row of a person was not inserted')
  return { ...personOf(row), inboxSeq: Number(row.inboxSeq), now: row.now }
}

export const createPeopleTable = (read: Read) => ({
  /** Someone of whom nothing is known has chosen nothing. */
  async find(userId: string): Promise<Person> {
    const [row] = await read<Row>(`SELECT ${COLUMNS} FROM people WHERE user_id = ?`, [userId])
    return row ? personOf(row) : NOBODY
  },

  lock,

  /**
   * The same for whatever adds something to a person. Throws NOT_FOUND if the account was deleted: nothing would erase it any more,
   * and an access token can be valid for longer.
   */
  async lockPresent(tx: Statements, userId: string): Promise<LockedPerson> {
    const person = await lock(tx, userId)
    if (person.isErased) throw new ServiceError('NOT_FOUND', { message: 'The account of this user was deleted.' })
    return person
  },

  /** As committed last: waits for a transaction that erases the person right now. */
  async isErased(tx: Statements, userId: string): Promise<boolean> {
    const [row] = await tx.select<Pick<Row, 'erasedAt'>>(
      'SELECT erased_at AS erasedAt FROM people WHERE user_id = ? LOCK IN SHARE MODE',
      [userId],
    )
    return row !== undefined && row.erasedAt !== null
  },

  choose: (tx: Statements, userId: string, choices: Choices): Promise<number> =>
    tx.write('UPDATE people SET choices = ?, chosen_at = UTC_TIMESTAMP(3) WHERE user_id = ?', [
      JSON.stringify(choices),
      userId,
    ]),

  setInboxSeq: (tx: Statements, userId: string, seq: number): Promise<number> =>
    tx.write('UPDATE people SET inbox_seq = ? WHERE user_id = ?', [seq, userId]),

  /** What is left says only that the account was deleted. */
  erase: (tx: Statements, userId: string): Promise<number> =>
    tx.write(
      'UPDATE people SET choices = NULL, chosen_at = NULL, erased_at = COALESCE(erased_at, UTC_TIMESTAMP(3)) WHERE user_id = ?',
      [userId],
    ),
})
