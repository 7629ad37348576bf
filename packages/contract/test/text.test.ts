import { expect, it } from 'vitest'
import { cpuMilliseconds } from '../../../test/support/cpu-time.js'
import { normalizeText, trimText } from '../src/text.js'

it('normalizes text that a person could type', () => {
  expect(normalizeText('Zoe\u0308')).toBe('Zo\u00eb')
  expect(normalizeText('e\u0301'.repeat(1000))).toBe('\u00e9'.repeat(1000))
})

it('leaves text alone that takes long to normalize and is too long for any input', () => {
  const hostile = `a${'\u0315'.repeat(20_000)}${'\u0300'.repeat(20_000)}`
  expect(normalizeText(hostile)).toBe(hostile)
})

it.each([
  ['a space', ' '],
  ['a tab and a line break', '\t\r\n'],
  ['a full-width space', '\u3000'],
  ['a no-break space', '\u00a0'],
  ['a narrow no-break space', '\u202f'],
  ['a zero-width space', '\u200b'],
  ['a byte order mark', '\ufeff'],
  ['a word joiner', '\u2060'],
  ['marks of the writing direction', '\u200e\u202a\u2066'],
  ['a soft hyphen', '\u00ad'],
  ['a control character', '\u0000'],
])('trims %s', (_, blank) => {
  expect(trimText(`${blank}ada${blank}lovelace${blank} `)).toBe(`ada${blank}lovelace`)
  expect(trimText(`${blank}a${blank}`)).toBe('a')
  expect(trimText(blank)).toBe('')
})

it('trims nothing that can be part of an address', () => {
  for (const text of ['ada@example.com', '用户@例え.jp', '_-', '\u{1d4d0}', 'e\u0301'])
    expect(trimText(text)).toBe(text)
})

it('trims text of any length in linear time', () => {
  for (const text of [`a${' '.repeat(100_000)}b`, ' '.repeat(100_000), `${' a'.repeat(50_000)} `])
    expect(cpuMilliseconds(() => trimText(text))).toBeLessThan(1000)
})
