// What templates show of a value.

const LONGEST_VALUE = 500

/** A value is never more than one line: in a text, a line break could begin a paragraph that a stranger wrote. */
export const oneLine = (value: string): string => printable(value).slice(0, LONGEST_VALUE).toWellFormed()

/** The same without a limit, for the lines of a longer text. */
export const printable = (line: string): string =>
  line.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ').toWellFormed()
