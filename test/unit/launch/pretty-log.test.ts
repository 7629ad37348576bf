import { expect, it } from 'vitest'
import { createLogger, type Logger } from '@postern/service/logger'
import { prettyLine } from '../../../tools/launch/pretty-log.mjs'

/** What people see of what `log` writes. The time depends on the time zone. */
function shown(log: (logger: Logger) => void): string {
  const lines: string[] = []
  log(createLogger('debug', { write: (line) => void lines.push(line) }))
  return lines.map((line) => prettyLine(line.trim()).replace(/^ {2}\d\d:\d\d:\d\d /, '')).join('\n')
}

const REQUEST = {
  requestId: 'r1',
  method: 'POST',
  route: '/graphql',
  operation: 'login',
  status: 200,
  milliseconds: 12,
}

it('a request is one line: what it was, how it ended and how long it took', () => {
  expect(shown((logger) => logger.info({ ...REQUEST, trace_id: 'abc' }, 'request'))).toBe(
    'info  POST /graphql login 200 12 ms  requestId=r1 trace_id=abc',
  )
  const failed = { ...REQUEST, errorCodes: ['UNAUTHENTICATED'] }
  expect(shown((logger) => logger.info(failed, 'request'))).toBe(
    'info  POST /graphql login 200 12 ms  UNAUTHENTICATED  requestId=r1',
  )
})

it('probes are left out while they succeed', () => {
  const probe = { ...REQUEST, route: '/health/ready', operation: undefined }
  expect(shown((logger) => logger.info(probe, 'request'))).toBe('')
  expect(shown((logger) => logger.info({ ...probe, errorCodes: ['SERVICE_UNAVAILABLE'] }, 'request'))).toContain(
    'ready',
  )
})

it('an error has its reason and the first lines of its stack, and a warning its fields', () => {
  const lines = shown((logger) => logger.error({ err: new Error('no route to host') }, 'the relay failed')).split('\n')
  expect(lines[0]).toBe('error the relay failed: no route to host')
  expect(lines[1]).toMatch(/^ {6}at .*pretty-log\.test/)
  expect(lines.length).toBeLessThanOrEqual(6)
  expect(shown((logger) => logger.warn({ dropped: 3 }, 'connections were refused'))).toBe(
    'warn  connections were refused  dropped=3',
  )
})

it('other lines are shown as they are, and nothing can control the terminal', () => {
  expect(prettyLine('Segmentation fault')).toBe('  Segmentation fault')
  expect(prettyLine('"text"')).toBe('  "text"')
  expect(prettyLine('')).toBe('')
  expect(prettyLine('a\u001b[2Jb')).not.toContain('\u001b')
  expect(shown((logger) => logger.warn({ name: 'a\u001b[2Jb' }, 'x\u009b2Jy'))).not.toMatch(/[\u001b\u009b]/)
})
