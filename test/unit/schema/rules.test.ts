import { expect, it } from 'vitest'
import { nfc } from '../../../src/schema/rules.js'

it('normalises what somebody could mean', () => {
  expect(nfc('Zoe\u0308')).toBe('Zo\u00eb')
  expect(nfc('e\u0301'.repeat(1000))).toBe('\u00e9'.repeat(1000))
})

it('leaves alone what takes long to normalise and is too long for anything', () => {
  const hostile = `a${'\u0315'.repeat(20_000)}${'\u0300'.repeat(20_000)}`
  expect(nfc(hostile)).toBe(hostile)
})
