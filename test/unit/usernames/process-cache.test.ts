import { expect, it } from 'vitest'
import { createProcessCache } from '../../../src/services/usernames/process-cache.js'

function start(size = 100) {
  let now = 0
  const cache = createProcessCache({ lifeMs: 5000, size, now: () => now })
  return { ...cache, pass: (milliseconds: number) => (now += milliseconds) }
}

it('keeps a username for at least half of its life', () => {
  const cache = start()
  cache.pass(2400)
  cache.add('ada', 'TAKEN')
  cache.pass(2499)
  expect(cache.reasonOf('ada')).toBe('TAKEN')
})

it.each([0, 1, 2499, 2500, 4999])('drops it after its life if it was added %i ms after another', (offset) => {
  const cache = start()
  cache.add('first', 'TAKEN')
  cache.pass(offset)
  cache.add('ada', 'TAKEN')
  for (let passed = 0; passed < 5000; passed += 100) {
    cache.pass(100)
    cache.reasonOf('something')
  }
  expect(cache.reasonOf('ada')).toBeUndefined()
})

it('drops it during a pause without checks, too', () => {
  const cache = start()
  cache.add('ada', 'TAKEN')
  cache.pass(60_000)
  expect(cache.reasonOf('ada')).toBeUndefined()
})

it('holds no more than twice its size, and drops the older half', () => {
  const cache = start(3)
  for (let i = 0; i < 10; i++) cache.add(`name-${i}`, 'TAKEN')
  const kept = Array.from({ length: 10 }, (_, i) => cache.reasonOf(`name-${i}`)).filter(Boolean)
  expect(kept.length).toBeGreaterThanOrEqual(3)
  expect(kept.length).toBeLessThanOrEqual(6)
  expect(cache.reasonOf('name-0')).toBeUndefined()
  expect(cache.reasonOf('name-9')).toBe('TAKEN')
})

it('updates the reason of a cached username, and adds none', () => {
  const cache = start()
  cache.add('ada', 'TAKEN')
  cache.pass(2600)
  cache.update('ada', 'HELD')
  cache.update('grace', 'HELD')
  expect(cache.reasonOf('ada')).toBe('HELD')
  expect(cache.reasonOf('grace')).toBeUndefined()
})
