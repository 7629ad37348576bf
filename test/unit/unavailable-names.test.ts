import { expect, it } from 'vitest'
import { createUnavailableNames } from '../../src/services/unavailable-names.js'

function memory(size = 100) {
  let now = 0
  const names = createUnavailableNames({ life: 5000, size, now: () => now })
  return { ...names, pass: (milliseconds: number) => (now += milliseconds) }
}

it('remembers a name for at least half of its life', () => {
  const names = memory()
  names.pass(2400)
  names.add('ada')
  names.pass(2499)
  expect(names.has('ada')).toBe(true)
})

it.each([0, 1, 2499, 2500, 4999])('has forgotten it after its life, when it came %i ms after another', (offset) => {
  const names = memory()
  names.add('first')
  names.pass(offset)
  names.add('ada')
  for (let passed = 0; passed < 5000; passed += 100) {
    names.pass(100)
    names.has('something')
  }
  expect(names.has('ada')).toBe(false)
})

it('forgets in a pause, too, in which nobody asked', () => {
  const names = memory()
  names.add('ada')
  names.pass(60_000)
  expect(names.has('ada')).toBe(false)
})

it('holds no more than twice its size, and drops the older half', () => {
  const names = memory(3)
  for (let i = 0; i < 10; i++) names.add(`name-${i}`)
  const kept = Array.from({ length: 10 }, (_, i) => names.has(`name-${i}`)).filter(Boolean)
  expect(kept.length).toBeGreaterThanOrEqual(3)
  expect(kept.length).toBeLessThanOrEqual(6)
  expect(names.has('name-0')).toBe(false)
  expect(names.has('name-9')).toBe(true)
})
