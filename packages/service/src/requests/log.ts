// The log line of each request, written as pino would write it, without the work that all lines have in common.
import { createTwoGenerations } from '@postern/contract/two-generations'
import { type Logger, outputOf } from '../logger.js'
import type { ReadonlyFacts } from './facts.js'
import type { Outcome, RequestHook } from './hooks.js'

/** Clients can combine root fields in many ways, so only recent combinations are kept: at most twice as many. */
const MAX_KINDS = 500

/** What the lines of one kind of requests have in common. */
interface Kind {
  method: string
  route: string
  operation: string
  logger: Logger
  /** The same fields, serialized. */
  fields: string
}

function createKind(parent: Logger, { method, route, operation }: ReadonlyFacts): Kind {
  const fields = operation === 'none' ? { method, route } : { method, route, operation }
  const logger = parent.child(fields)
  return { method, route, operation, logger, fields: JSON.stringify(fields).slice(1, -1) }
}

/**
 * pino's serializer takes 2 µs for a line, a twentieth of a username check. It still writes the lines that have more than
 * the ordinary fields. test/unit/http/request-log.test.ts compares both.
 */
export function logRequests(logger: Logger): RequestHook {
  const output = outputOf(logger)
  const kinds = createTwoGenerations<Kind>({ size: MAX_KINDS, renew: true })
  let last: Kind | undefined

  function kindOf(facts: ReadonlyFacts): Kind {
    const { method, route, operation } = facts
    // Most requests are like the one before, which is faster to compare than to find.
    if (last?.operation === operation && last.route === route && last.method === method) return last
    const name = `${method} ${route} ${operation}`
    let kind = kinds.get(name)
    if (!kind) kinds.set(name, (kind = createKind(logger, facts)))
    return (last = kind)
  }

  return {
    answered(facts, outcome) {
      if (!logger.isLevelEnabled('info')) return
      const kind = kindOf(facts)
      if (!output || facts.trace !== null) return writeAnyLine(kind.logger, facts, outcome)
      const { requestId, userId, service, errors } = facts
      const user = userId === null ? '' : `,"userId":${JSON.stringify(userId)}`
      const caller = service === null ? '' : `,"service":${JSON.stringify(service)}`
      const codes = errors.length === 0 ? '' : `,"errorCodes":${JSON.stringify(codesOf(errors))}`
      output.write(
        `{"level":30${output.time()},${kind.fields},"requestId":${JSON.stringify(requestId)},"status":${statusText(outcome)},` +
          `"milliseconds":${Math.round(outcome.milliseconds)}${user}${caller}${codes},"msg":"request"}\n`,
      )
    },
  }
}

/** The names of statuses need no escaping. */
const statusText = ({ status }: Outcome) => (typeof status === 'number' ? status : `"${status}"`)

const codesOf = (errors: ReadonlyFacts['errors']): string[] => [...new Set(errors.map(({ code }) => code))]

function writeAnyLine(logger: Logger, facts: ReadonlyFacts, outcome: Outcome): void {
  const { requestId, userId, service, errors, trace } = facts
  const line = { requestId, status: outcome.status, milliseconds: Math.round(outcome.milliseconds) }
  if (trace !== null) Object.assign(line, trace.ids)
  if (userId !== null) Object.assign(line, { userId })
  if (service !== null) Object.assign(line, { service })
  if (errors.length > 0) Object.assign(line, { errorCodes: codesOf(errors) })
  logger.info(line, 'request')
}
