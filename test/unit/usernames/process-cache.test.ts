import { expect, it } from 'vitest'
import { createProcessCache } from '../../../src/services/usernames/process-cache.js'

function memory(size = 100) {
  let now = 0
  const names = createProcessCache({ life: 5000, size, now: () => now })
  return { ...names, pass: (milliseconds: number) => (now += milliseconds) }
}

it('remembers a name for at least half of its life', () => {
  const names = memory()
  names.pass(2400)
  names.add('ada', 'TAKEN')
  names.pass(2499)
  expect(names.reasonOf('ada')).toBe('TAKEN')
})

it.each([0, 1, 2499, 2500, 4999])('has forgotten it after its life, when it came %i ms after another', (offset) => {
  const names = memory()
  names.add('first', 'TAKEN')
  names.pass(offset)
  names.add('ada', 'TAKEN')
  for (let passed = 0; passed < 5000; passed += 100) {
    names.pass(100)
    names.reasonOf('something')
  }
  expect(names.reasonOf('ada')).toBeUndefined()
})

it('forgets in a pause, too, in which nobody asked', () => {
  const names = memory()
  names.add('ada', 'TAKEN')
  names.pass(60_000)
  expect(names.reasonOf('ada')).toBeUndefined()
})

it('holds no more than twice its size, and drops the older half', () => {
  const names = memory(3)
  for (let i = 0; i < 10; i++) names.add(`name-${i}`, 'TAKEN')
  const kept = Array.from({ length: 10 }, (_, i) => names.reasonOf(`name-${i}`)).filter(Boolean)
  expect(kept.length).toBeGreaterThanOrEqual(3)
  expect(kept.length).toBeLessThanOrEqual(6)
  expect(names.reasonOf('name-0')).toBeUndefined()
  expect(names.reasonOf('name-9')).toBe('TAKEN')
})

it('knows the newer reason of a name', () => {
  const names = memory()
  names.add('ada', 'TAKEN')
  names.pass(2600)
  names.correct('ada', 'HELD')
  names.correct('grace', 'HELD')
  expect(names.reasonOf('ada')).toBe('HELD')
  expect(names.reasonOf('grace')).toBeUndefined()
})
