// What templates show of a value.

const LONGEST_VALUE = 500

/** A value is never more than one line: in a text, a line break could begin a paragraph that a stranger wrote. */
export const oneLine = (value: string): string =>
  value
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ')
    .slice(0, LONGEST_VALUE)
    .toWellFormed()
