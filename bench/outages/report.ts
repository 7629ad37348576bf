// Turns what was counted into claims and a table.
import type { Part, Target } from '../report/results.ts'
import { whole } from '../report/statistics.ts'
import { examples } from '../soak/ledger.ts'
import { type Committed, type Copies, copiesOf, type Explanations, missing, unfounded, unrecorded } from './effects.ts'
import { POISONED } from './dead-letters.ts'
import type { MailServers } from './mail-servers.ts'
import type { People } from './people.ts'
import type { WebhookReceiver } from './webhook-receiver.ts'

export interface Outcome {
  people: People
  committed: Committed
  mails: MailServers['mails']
  receiver: WebhookReceiver
  explanations: Explanations
  refused: ReadonlySet<string>
  deadLetters: Record<string, number>
  /** The titles of the faults. */
  happened: readonly string[]
  seconds: number
  /** How long the last effect came after the last change. */
  secondsAfter: number
}

function none(what: string, found: readonly string[]): Target {
  return { what, goal: '0', measured: whole(found.length), spread: '', reached: found.length === 0 }
}

const reported = (what: string, count: number): Target => ({
  ...{ what, goal: 'report', measured: whole(count), spread: '', reached: null },
})

export function report(outcome: Outcome): Part {
  const { people, committed, mails, receiver, explanations, refused, deadLetters, happened } = outcome
  const { registrations, logouts } = people.acknowledged
  const { webhooks } = receiver
  const seen = { mails, webhooks }
  const lacking = missing(committed, seen, refused)
  const lost = unrecorded(people, committed)
  const groundless = unfounded(committed, seen)
  const copies = { mails: copiesOf(mails, explanations.mails), webhooks: copiesOf(webhooks, explanations.webhooks) }
  const both = (which: (copies: Copies) => string[]) => [...which(copies.mails), ...which(copies.webhooks)]
  const [unexplained, different] = [both((each) => each.unexplained), both((each) => each.different)]
  const dead = Object.entries(POISONED).map(([consumer, count]) => [deadLetters[consumer] ?? 0, count] as const)
  const forged = receiver.forged()
  return {
    targets: [
      reported('registrations that were acknowledged', registrations.size),
      reported('logouts that were acknowledged', logouts.size),
      none('acknowledged changes without an event', lost),
      none('registrations without a mail', lacking.mails),
      none('registrations without a webhook', lacking.registered),
      none('logouts without a webhook', lacking.ended),
      none('effects without an event', groundless),
      reported(
        'mails and webhooks that a killed worker held, and that came again',
        copies.mails.explained + copies.webhooks.explained,
      ),
      none('other mails and webhooks that came again', unexplained),
      none('copies with another code or body', different),
      { ...reported('webhooks with a wrong signature', forged), goal: '0', reached: forged === 0 },
      {
        what: 'dead letters of mails and webhooks',
        goal: dead.map(([, count]) => count).join(', '),
        measured: dead.map(([found]) => found).join(', '),
        spread: '',
        reached: dead.every(([found, count]) => found === count),
      },
      none('answers that no outage explains', people.wrong),
    ],
    tables: [
      {
        ...table(outcome),
        notes: [
          `${whole(outcome.seconds)} s of changes. The last effect came ${outcome.secondsAfter.toFixed(1)} s after the last change. ${whole(people.unacknowledged())} requests failed while MariaDB was down.`,
          ...[lost, ...Object.values(lacking), groundless, unexplained, different, people.wrong].flatMap(examples),
        ],
      },
      faultsTable(happened),
    ],
  }
}

function table({ committed, mails, receiver }: Outcome) {
  const copies = (all: MailServers['mails']['all']) => [...all.values()].reduce((sum, { length }) => sum + length, 0)
  return {
    title: 'Events and their effects',
    columns: ['', 'different', 'with copies'],
    rows: [
      ['registrations in the outbox', whole(committed.registrations.size), ''],
      ['logouts in the outbox', whole(committed.logouts.size), ''],
      ['mails', whole(mails.all.size), whole(copies(mails.all))],
      ['webhooks', whole(receiver.webhooks.all.size), whole(copies(receiver.webhooks.all))],
    ],
  }
}

function faultsTable(happened: readonly string[]) {
  const times = new Map<string, number>()
  for (const title of happened) times.set(title, (times.get(title) ?? 0) + 1)
  return { title: 'Faults', columns: ['', 'times'], rows: [...times].map(([title, count]) => [title, String(count)]) }
}
