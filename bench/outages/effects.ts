// Compares what has arrived with the events that were committed, and with what was acknowledged.
import type { Pool, RowDataPacket } from 'mysql2/promise'
import type { Arrival, Arrivals } from './arrivals.ts'
import type { People } from './people.ts'

/** Which copies are explained: what a killed worker held. Message-IDs, and ids of events. */
export interface Explanations {
  mails: Set<string>
  webhooks: Set<string>
}

/** The events that must have effects, as they are in the outbox. */
export interface Committed {
  /** Event ids by the id of the account. */
  registrations: Map<string, string>
  /** Event ids by the id of the session. */
  logouts: Map<string, string>
}

export async function readCommitted(database: Pool): Promise<Committed> {
  const [rows] = await database.query<RowDataPacket[]>(
    `SELECT id, type, user_id AS userId, JSON_VALUE(data, '$.sessionId') AS sessionId FROM outbox
     WHERE type IN ('user.registered', 'session.revoked')`,
  )
  const committed: Committed = { registrations: new Map(), logouts: new Map() }
  for (const { id, type, userId, sessionId } of rows as Record<string, string>[]) {
    if (type === 'user.registered') committed.registrations.set(userId!, id!)
    else committed.logouts.set(sessionId!, id!)
  }
  return committed
}

interface Seen {
  mails: Arrivals
  webhooks: Arrivals
}

/** The event of a Message-ID. */
const eventOf = (messageId: string) => messageId.split('.')[0] ?? ''

const without = (ids: Iterable<string>, all: { has(id: string): boolean }) => [...ids].filter((id) => !all.has(id))

/** `refused`: the accounts whose mail the mail server refuses. */
export function missing(
  { registrations, logouts }: Committed,
  { mails, webhooks }: Seen,
  refused: ReadonlySet<string>,
) {
  const mailed = new Set([...mails.all.keys()].map(eventOf))
  const expected = [...registrations].filter(([account]) => !refused.has(account)).map(([, event]) => event)
  return {
    mails: without(expected, mailed),
    registered: without(registrations.values(), webhooks.all),
    ended: without(logouts.values(), webhooks.all),
  }
}

/** What was acknowledged and has no event. */
export const unrecorded = ({ acknowledged }: People, { registrations, logouts }: Committed): string[] => [
  ...without(acknowledged.registrations, registrations),
  ...without(acknowledged.logouts, logouts),
]

/** Effects of no event. */
export function unfounded({ registrations, logouts }: Committed, { mails, webhooks }: Seen): string[] {
  const events = new Set([...registrations.values(), ...logouts.values()])
  return [...without([...mails.all.keys()].map(eventOf), events), ...without(webhooks.all.keys(), events)]
}

export interface Copies {
  /** Further copies. */
  explained: number
  unexplained: string[]
  /** Copies whose content is another one. */
  different: string[]
}

const describe = (id: string, copies: readonly Arrival[]) =>
  `${id}: ${copies.map(({ at, sender }) => `${sender} at ${(at / 1000).toFixed(2)} s`).join(', ')}`

export function copiesOf({ all }: Arrivals, explained: ReadonlySet<string>): Copies {
  const found: Copies = { explained: 0, unexplained: [], different: [] }
  for (const [id, copies] of all) {
    if (new Set(copies.map(({ content }) => content)).size > 1) found.different.push(describe(id, copies))
    if (copies.length === 1) continue
    if (explained.has(id)) found.explained += copies.length - 1
    else found.unexplained.push(describe(id, copies))
  }
  return found
}
