import { describe, expect, it } from 'vitest'
import { hasInvisible, hasNeedlessInvisible, hasStackedMarks } from '../../src/input/invisible-characters.js'

describe('invisible characters', () => {
  it.each([
    ['a zero-width space', '\u200b'],
    ['a zero-width joiner', '\u200d'],
    ['a zero-width non-joiner', '\u200c'],
    ['a word joiner', '\u2060'],
    ['a byte order mark', '\ufeff'],
    ['a soft hyphen', '\u00ad'],
    ['a right-to-left override', '\u202e'],
    ['a right-to-left mark', '\u200f'],
    ['an isolate', '\u2066'],
    ['an Arabic letter mark', '\u061c'],
    ['a combining grapheme joiner', '\u034f'],
    ['a Hangul filler', '\u3164'],
    ['a half-width Hangul filler', '\uffa0'],
    ['a Hangul initial filler', '\u115f'],
    ['a tag character', '\u{e0041}'],
    ['a variation selector', '\ufe0f'],
    ['a supplementary variation selector', '\u{e0100}'],
    ['an invisible Khmer vowel', '\u17b4'],
    ['a Mongolian vowel separator', '\u180e'],
    ['an invisible operator', '\u2062'],
    ['an interlinear annotation', '\ufff9'],
    ['an empty Braille pattern', '\u2800'],
    ['an invisible musical symbol', '\u{1d159}'],
    ['a line separator', '\u2028'],
  ])('are recognized: %s', (_, character) => {
    for (const text of [character, `Ad${character}a`, `Ada${character}`, `${character}Ada`]) {
      expect(hasInvisible(text)).toBe(true)
      expect(hasNeedlessInvisible(text)).toBe(true)
    }
  })

  it.each([
    ['a Persian name', 'علی\u200cرضا'],
    ['a Devanagari name', 'क्\u200dष'],
    ['a Sinhala name', 'ශ්\u200dරී'],
    ['a Bengali word', 'র\u200d্যাব'],
    ['a Malayalam name that ends with a joiner', 'അവന്\u200d'],
    ['a Japanese city with a variant of a character', '葛\u{e0100}城市'],
    ['a Mongolian name with a variant of a letter', 'ᠠ\u180bᠨ'],
  ])('that the spelling requires are allowed in names, but not in addresses: %s', (_, name) => {
    expect(hasNeedlessInvisible(name)).toBe(false)
    expect(hasInvisible(name)).toBe(true)
  })

  it('are refused if they repeat, at an end of a word, or in another script', () => {
    for (const name of [
      'علی\u200c\u200cرضا',
      '\u200cعلی',
      'علی\u200c',
      'A\u200dda',
      'علی\u200c Ada',
      '葛\u{e0100}\u{e0101}',
      'a\u{e0100}',
    ])
      expect(hasNeedlessInvisible(name)).toBe(true)
  })

  it('are not found in visible names', () => {
    for (const name of [
      "Zoë O'Hara-Łukasiewicz",
      '李小龍',
      'ヴィルヘルム',
      '김민준',
      'Nguyễn Thị Hường',
      'محمد',
      'שָׁלוֹם',
      '🐎',
    ])
      expect([hasInvisible(name), hasNeedlessInvisible(name)]).toEqual([false, false])
  })
})

describe('stacked marks', () => {
  it('are recognized', () => {
    for (const text of [`A${'\u0301'.repeat(5)}da`, `ก${'\u0e49'.repeat(9)}`, `A${'\u0300\u0316'.repeat(50)}`])
      expect(hasStackedMarks(text)).toBe(true)
  })

  it.each(['Nguyễn', 'Nguyễn'.normalize('NFD'), 'שָׁלוֹם', 'مُحَمَّدٌ', 'น้ำผึ้ง', 'မြန်မာ', 'ဩဇာကျွန်ုပ်', 'བསྒྲུབས', 'ស្ត្រី', 'ज़ाँ'])(
    'are not found in %s',
    (name) => {
      expect(hasStackedMarks(name)).toBe(false)
    },
  )

  it('are found in linear time', () => {
    const text = `${'\u0301'.repeat(4)}a`.repeat(20_000)
    expect(hasStackedMarks(text)).toBe(false)
    expect(hasNeedlessInvisible('علی\u200c'.repeat(20_000))).toBe(true)
  })
})
