// dlq: lists, retries and drops the events that a consumer could not process.
import { ConfigError } from '../config-error.js'
import { ServiceError } from '../errors.js'
import type { DeadLetters } from '../events/dead-letters.js'
import { isId } from '../ids.js'
import type { Variables } from '../values.js'
import type { Command } from './command.js'
import { columns } from './table.js'

const CONSUMER = { name: '<consumer>', needs: 'the name of a consumer; dlq list shows them' } as const
const EVENT = { name: '<event>', needs: 'the id of an event', optional: true } as const

/** Opens the dead letters of a program for `use`. */
export type WithDeadLetters = <Value>(
  use: (deadLetters: DeadLetters) => Promise<Value>,
) => (env?: Variables) => Promise<Value>

async function list(deadLetters: DeadLetters, consumer: string | null): Promise<string> {
  const entries = await deadLetters.list(consumer)
  if (entries.length === 0) return 'There are no dead letters.'
  return columns([
    ['CONSUMER', 'EVENT', 'TYPE', 'ATTEMPTS', 'SINCE', 'REASON'],
    ...entries.map(({ consumer: name, eventId, type, attempts, diedAt, reason }) => [
      ...[name, eventId, type, String(attempts), diedAt ?? '-', reason],
    ]),
  ])
}

/** Null: all of the consumer. */
function meant(event: string | undefined, all: unknown): string | null {
  if ((event === undefined) !== (all === true)) throw new ConfigError('Name one event, or --all.')
  if (event !== undefined && !isId(event)) throw new ConfigError('<event> must be the id of an event.')
  return event ?? null
}

/** `done`: what is printed before the number of events. */
const changing = (
  withDeadLetters: WithDeadLetters,
  { action, about, done }: { action: 'retry' | 'drop'; about: string; done: string },
): Command => ({
  words: ['dlq', action],
  arguments: [CONSUMER, EVENT],
  options: { all: null },
  about,
  details: 'Name one event, or --all. In the database and, with RABBITMQ_URL, in RabbitMQ.',
  run([consumer = '', named], { all }) {
    const event = meant(named, all)
    return withDeadLetters(async (deadLetters) => {
      const count = await deadLetters[action](consumer, event)
      if (count === 0) throw new ServiceError('NOT_FOUND', { message: `${consumer} has no such dead letter.` })
      return `${done}: ${count}`
    })
  },
})

export const deadLetterCommands = (withDeadLetters: WithDeadLetters): Command[] => [
  {
    words: ['dlq', 'list'],
    arguments: [{ ...CONSUMER, optional: true }],
    about: 'list the events that a consumer could not process',
    details: 'The oldest 500 of each consumer.',
    run: ([consumer]) => withDeadLetters((deadLetters) => list(deadLetters, consumer ?? null)),
  },
  changing(withDeadLetters, {
    ...{ action: 'retry', done: 'In the queue again' },
    about: 'put dead letters back into the queue of their consumer',
  }),
  changing(withDeadLetters, {
    ...{ action: 'drop', done: 'Dropped' },
    about: 'delete dead letters: their consumer never processes them',
  }),
]
