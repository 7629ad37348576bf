import { expect, it } from 'vitest'
import { normalizeText } from '../src/text.js'

it('normalizes text that a person could type', () => {
  expect(normalizeText('Zoe\u0308')).toBe('Zo\u00eb')
  expect(normalizeText('e\u0301'.repeat(1000))).toBe('\u00e9'.repeat(1000))
})

it('leaves text alone that takes long to normalize and is too long for any input', () => {
  const hostile = `a${'\u0315'.repeat(20_000)}${'\u0300'.repeat(20_000)}`
  expect(normalizeText(hostile)).toBe(hostile)
})
