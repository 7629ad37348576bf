import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogger } from '@postern/service/logger'
import { createRequestFacts, type RequestFacts } from '@postern/service/requests/facts'
import { logRequests } from '@postern/service/requests/log'

const TIME = /"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/
const withoutTime = (line: string) => {
  expect(line).toMatch(TIME)
  return line.replace(TIME, '"time"')
}

const newFacts = (changes: Partial<RequestFacts>): RequestFacts => {
  const request = { method: 'POST', headers: {}, socket: { remoteAddress: '192.0.2.1' } }
  return Object.assign(createRequestFacts([]).of(request as never), {
    route: '/graphql',
    operation: 'login',
    ...changes,
  })
}

/** The lines that the hook writes, and those that pino writes for the same requests. */
function bothLogs(level = 'info') {
  const [own, ofPino]: [string[], string[]] = [[], []]
  const hook = logRequests(createLogger(level, { write: (line) => void own.push(line) }))
  const logger = createLogger(level, { write: (line) => void ofPino.push(line) })
  return {
    own,
    answered(facts: RequestFacts, status: number, milliseconds: number): void {
      hook.answered?.(facts, { status, milliseconds })
      const { requestId, method, route, operation, userId, service, errors, trace } = facts
      const fields = { requestId, status, milliseconds: Math.round(milliseconds) }
      if (trace) Object.assign(fields, trace.ids)
      if (userId !== null) Object.assign(fields, { userId })
      if (service !== null) Object.assign(fields, { service })
      if (errors.length > 0) Object.assign(fields, { errorCodes: [...new Set(errors.map(({ code }) => code))] })
      logger.child(operation === 'none' ? { method, route } : { method, route, operation }).info(fields, 'request')
    },
    /** Compares and forgets the lines so far. */
    expectSame(): void {
      expect(own.splice(0).map(withoutTime)).toEqual(ofPino.splice(0).map(withoutTime))
    },
  }
}

describe('the log line of a request is the one that pino would write', () => {
  /** All that a header can contain, and more. */
  const text = fc.string({ unit: 'grapheme', maxLength: 150 })
  const request = fc.record({
    requestId: fc.oneof(fc.stringMatching(/^[\w.:-]{1,128}$/), text),
    method: fc.constantFrom('GET', 'POST', 'M-SEARCH'),
    route: fc.constantFrom('/graphql', '/livez', 'none'),
    operation: fc.constantFrom('none', 'login', 'profile,sessions'),
    userId: fc.oneof(fc.constant(null), fc.uuid(), text),
    service: fc.oneof(fc.constant(null), text),
    errors: fc.array(fc.record({ operation: fc.constant('login'), code: fc.constantFrom('NOT_FOUND', 'FORBIDDEN') })),
    trace: fc.constantFrom(null, { ids: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) } } as never),
  })
  const milliseconds = fc.double({ min: 0, max: 1e6, noNaN: true })

  it('whatever the request was', () => {
    const logs = bothLogs()
    fc.assert(
      fc.property(request, fc.constantFrom(200, 400, 503), milliseconds, (facts, status, duration) => {
        logs.answered(newFacts(facts), status, duration)
        logs.expectSame()
      }),
      { numRuns: 1000 },
    )
  })

  it('and none if the level is above info', () => {
    const logs = bothLogs('warn')
    logs.answered(newFacts({}), 200, 1)
    expect(logs.own).toEqual([])
  })

  it('with the fields that the logger adds to all lines', () => {
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const logger = createLogger('info', destination, () => ({ traceId: 'abc' }))
    logRequests(logger).answered?.(newFacts({}), { status: 200, milliseconds: 1 })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ traceId: 'abc', msg: 'request', status: 200 })
  })
})
