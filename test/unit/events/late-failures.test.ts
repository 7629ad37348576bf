import { expect, it } from 'vitest'
import { createLateFailures } from '@postern/service/events/late-failures'

it('failures of events that were late are kept until they are read, for at most a day, and a thousand of them', () => {
  let hours = 0
  const failures = createLateFailures<string>(() => hours * 3_600_000)
  failures.add('read', 'it failed')
  expect([failures.take('read'), failures.take('read')]).toEqual(['it failed', null])
  failures.add('old', 'it failed')
  hours = 24
  for (let i = 0; i < 1000; i += 1) failures.add(`event ${i}`, 'it failed')
  failures.add('last', 'it failed')
  expect(['old', 'event 0', 'event 1', 'last'].map((id) => failures.take(id))).toEqual([
    ...[null, null, 'it failed', 'it failed'],
  ])
  failures.add('old', 'it failed')
  hours = 48
  expect(failures.take('old')).toBeNull()
})
