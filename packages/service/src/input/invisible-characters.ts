// Which characters can't be seen, so that text with them looks like other text or like none.

/** Formats, fillers, tags, variation selectors; separators of lines; and symbols that are drawn as nothing. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800\u{1d159}]/u

/** Scripts that are written with joiners: the cursive ones and those with conjuncts. */
const JOINED_SCRIPTS = [
  ...['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil'],
  ...['Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Myanmar', 'Khmer', 'Tibetan'],
]
const JOINED = `[${JOINED_SCRIPTS.map((script) => `\\p{Script_Extensions=${script}}`).join('')}]`

/**
 * Invisible characters that spelling requires: a joiner inside a word, as in Persian and Indic names, or after a Malayalam
 * virama; the selector of a variant after a Han character, as in Japanese names; and that of a Mongolian letter.
 */
const REQUIRED = new RegExp(
  [
    `(?<=${JOINED})[\\u200c\\u200d](?=${JOINED})`,
    '(?<=\\u0d4d)\\u200d',
    '(?<=\\p{Script=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
    '(?<=\\p{Script=Mongolian})[\\u180b-\\u180d\\u180f]',
  ].join('|'),
  'gu',
)

/** Allows none. For text that identifies, such as an address: two that look the same must be the same. */
export const hasInvisible = (text: string): boolean => INVISIBLE.test(text)

/** Allows those that the spelling of a word requires. For names. */
export const hasNeedlessInvisible = (text: string): boolean => INVISIBLE.test(text.replace(REQUIRED, ''))

/** More marks than any language puts on a letter. They cover the lines above and below. */
export const hasStackedMarks = (text: string): boolean => /\p{Script=Inherited}{5}|\p{M}{9}/u.test(text)
