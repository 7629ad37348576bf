// ValidateConsent beside a bare handler of @grpc/grpc-js with one read of Redis, and a thousand questions in one call.
import { Failure } from '../../tools/launch/lifetime.mjs'
import {
  type Asked,
  bulkQuestions,
  calls,
  consentData,
  questions,
  startBareConsent,
  startConsent,
} from '../consent/setting.ts'
import { over } from '../contenders/over.ts'
import { takeTurns } from '../load/slices.ts'
import type { Part } from '../report/results.ts'
import { compareSlices } from '../report/sliced.ts'
import type { Measure } from './part.ts'

/** On four connections. */
const LINES = 64
const GOAL = 0.8

const OURS = 'the consent service'
const AGAIN = 'the consent service, a second time'
const SINGLE = 'bare @grpc/grpc-js, one GET per call'
const BATCHED = 'bare @grpc/grpc-js, one MGET per turn'

const NOTES: Readonly<Record<Asked, string>> = {
  valid: '50,000 users. The service reads each consent from MariaDB; the bare handler believes Redis.',
  denied: '50,000 users without a consent. From the second question on, Redis knows.',
  'denied, few': '100 users without a consent, whom the process knows for a second.',
}

export const consent: Measure = async ({ stage, note, slicing, only }) => {
  const cases = [...(Object.keys(NOTES) as Asked[]), 'bulk'] as const
  const unknown = only.filter((name) => !cases.some((known) => known === name))
  if (unknown.length > 0) throw new Failure(`Unknown: --only ${unknown.join(', ')}. Available: ${cases.join(', ')}.`)
  const data = await consentData(stage)
  const parts: Part[] = []
  for (const asked of cases) {
    if (only.length > 0 && !only.includes(asked)) continue
    const told = (text: string) => note(`${asked}: ${text}`)
    if (asked === 'bulk') {
      const contender = over(
        OURS,
        () => startConsent(stage, data),
        () => Promise.resolve(bulkQuestions(4)),
        calls('bulkValidateConsents', 1),
      )
      const { table } = compareSlices(await takeTurns([contender], slicing, stage.stores, told), OURS)
      const notes = ['Four connections with a call each. Half of the users have a consent.']
      parts.push({ targets: [], tables: [table('BulkValidateConsents, 1,000 questions', slicing, notes)] })
      continue
    }
    const talks = () => Promise.resolve(questions(LINES, asked))
    const open = calls('validateConsent')
    const contenders = [
      over(OURS, () => startConsent(stage, data), talks, open),
      over(AGAIN, () => startConsent(stage, data), talks, open),
      over(SINGLE, () => startBareConsent(stage, data, 'single'), talks, open),
      over(BATCHED, () => startBareConsent(stage, data, 'batched'), talks, open),
    ]
    const { table, between } = compareSlices(await takeTurns(contenders, slicing, stage.stores, told), OURS)
    parts.push({
      targets: [
        ...between(
          `ValidateConsent, ${asked}, calls/s, against bare @grpc/grpc-js with one GET per call`,
          OURS,
          SINGLE,
          GOAL,
        ),
        ...between('… with one MGET per turn', OURS, BATCHED, null),
      ],
      tables: [
        table(`ValidateConsent, ${asked}`, slicing, [
          `Four connections with 16 calls at a time each. “${AGAIN}” is the same build: it shows the noise. ${NOTES[asked]}`,
        ]),
      ],
    })
  }
  await stage.discard(data)
  return { targets: parts.flatMap(({ targets }) => targets), tables: parts.flatMap(({ tables }) => tables) }
}
