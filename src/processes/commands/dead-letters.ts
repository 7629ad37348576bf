// dlq: lists, retries and drops the events that a consumer could not process.
import { ServiceError } from '@postern/service/errors'
import { ConfigError } from '../../config/index.js'
import { isId } from '@postern/service/ids'
import type { Command } from './command.js'
import { columns } from './table.js'
import { withApp } from './with-app.js'

const CONSUMER = { name: '<consumer>', needs: 'the name of a consumer; dlq list shows them' } as const
const EVENT = { name: '<event>', needs: 'the id of an event', optional: true } as const
const ALL = { all: null } as const
const DETAILS = 'Name one event, or --all. In the database and, with RABBITMQ_URL, in RabbitMQ.'

const list = (consumer: string | null) =>
  withApp(async ({ deadLetters }) => {
    const entries = await deadLetters.list(consumer)
    if (entries.length === 0) return 'There are no dead letters.'
    return columns([
      ['CONSUMER', 'EVENT', 'TYPE', 'ATTEMPTS', 'SINCE', 'REASON'],
      ...entries.map(({ consumer: name, eventId, type, attempts, diedAt, reason }) => [
        ...[name, eventId, type, String(attempts), diedAt ?? '-', reason],
      ]),
    ])
  })

/** Null: all of the consumer. */
function meant(event: string | undefined, all: unknown): string | null {
  if ((event === undefined) !== (all === true)) throw new ConfigError('Name one event, or --all.')
  if (event !== undefined && !isId(event)) throw new ConfigError('<event> must be the id of an event.')
  return event ?? null
}

const change = (action: 'retry' | 'drop', consumer: string, event: string | null) =>
  withApp(async ({ deadLetters }) => {
    const count = await deadLetters[action](consumer, event)
    if (count === 0) throw new ServiceError('NOT_FOUND', { message: `${consumer} has no such dead letter.` })
    return action === 'retry' ? `In the queue again: ${count}` : `Dropped: ${count}`
  })

export const deadLetters: readonly Command[] = [
  {
    words: ['dlq', 'list'],
    arguments: [{ ...CONSUMER, optional: true }],
    about: 'list the events that a consumer could not process',
    details: 'The oldest 500 of each consumer.',
    run: ([consumer]) => list(consumer ?? null),
  },
  {
    words: ['dlq', 'retry'],
    arguments: [CONSUMER, EVENT],
    options: ALL,
    about: 'put dead letters back into the queue of their consumer',
    details: DETAILS,
    run: ([consumer = '', event], { all }) => change('retry', consumer, meant(event, all)),
  },
  {
    words: ['dlq', 'drop'],
    arguments: [CONSUMER, EVENT],
    options: ALL,
    about: 'delete dead letters: their consumer never processes them',
    details: DETAILS,
    run: ([consumer = '', event], { all }) => change('drop', consumer, meant(event, all)),
  },
]
