// Shortens texts to what a channel takes.

const ELLIPSIS = '…'

/** As people see them. */
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** The beginning of a text, with at most so many characters as people see them: none is cut in two. */
export function shorten(text: string, count: number): string {
  if (text.length <= count) return text
  const all = [...characters.segment(text)].map(({ segment }) => segment)
  return all.length <= count ? text : `${all.slice(0, count - 1).join('')}${ELLIPSIS}`
}

/** The beginning of a text, of at most so many UTF-16 code units. No character, as people see it, is cut in two. */
export function shortenTo(text: string, length: number): string {
  if (text.length <= length) return text
  let taken = ''
  for (const { segment } of characters.segment(text)) {
    if (taken.length + segment.length > length - ELLIPSIS.length) break
    taken += segment
  }
  return taken + ELLIPSIS
}

/**
 * The message that `build` makes of as much of `body` as fits into `maxBytes` of JSON. Null if it does not fit without any body.
 */
export function fit(body: string, maxBytes: number, build: (body: string) => object): Buffer | null {
  const whole = build(body)
  if (bytesOf(whole) <= maxBytes) return Buffer.from(JSON.stringify(whole))
  const room = maxBytes - bytesOf(build(ELLIPSIS))
  if (room < 0) return null
  let [taken, size] = ['', 0]
  for (const character of body) {
    // Without the quotation marks. A quotation mark or a line break takes two bytes.
    size += bytesOf(character) - 2
    if (size > room) break
    taken += character
  }
  return Buffer.from(JSON.stringify(build(taken + ELLIPSIS)))
}
