// How many messages of the network an SMS takes, and its beginning that takes no more than allowed: each of them costs money.

/** The alphabet of GSM 03.38, and what takes two places in it. Every other character makes the whole SMS UCS-2. */
const GSM =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿' +
  'abcdefghijklmnopqrstuvwxyzäöñüà'
const GSM_EXTENSION = '\f^{}\\[~]|€'

const single = new Set(GSM)
const double = new Set(GSM_EXTENSION)

/** Places in one message, and in each of several, which also has a header. */
const PLACES = { gsm: { alone: 160, together: 153 }, ucs2: { alone: 70, together: 67 } }

/** What people can't tell apart on a telephone, so that one typographic quotation mark does not cost a second message. */
const REPLACED: Record<string, string> = {
  ...{ '\u2018': "'", '\u2019': "'", '\u201C': '"', '\u201D': '"', '\u2013': '-', '\u2014': '-', '\u2026': '...' },
  ...{ '\u00A0': ' ', '\u202F': ' ', '\u2009': ' ', '\u2212': '-', '\t': ' ' },
}

const plain = (text: string): string =>
  text.replace(/[^\n\f\r\x20-\x7E]/gu, (character) => REPLACED[character] ?? character)

const alphabetOf = (text: string): 'gsm' | 'ucs2' =>
  [...text].every((character) => single.has(character) || double.has(character)) ? 'gsm' : 'ucs2'

const widthIn = {
  gsm: (character: string) => (double.has(character) ? 2 : 1),
  ucs2: (character: string) => character.length,
}

/** Characters are not divided: one that does not fit into a message starts the next one. */
function countIn(alphabet: 'gsm' | 'ucs2', text: string): number {
  const widths = [...text].map(widthIn[alphabet])
  const { alone, together } = PLACES[alphabet]
  if (widths.reduce((sum, width) => sum + width, 0) <= alone) return 1
  let [count, left] = [1, together]
  for (const width of widths) {
    if (width > left) [count, left] = [count + 1, together]
    left -= width
  }
  return count
}

/** How many messages the text takes. */
export const segmentsOf = (text: string): number => countIn(alphabetOf(text), text)

const END = '...'

/** The text of an SMS of at most so many messages. */
export function toSms(text: string, maxSegments: number): string {
  const whole = plain(text)
  if (segmentsOf(whole) <= maxSegments) return whole
  const graphemes = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(whole)].map(
    ({ segment }) => segment,
  )
  // A longer text never takes fewer messages, so the longest that fits is found by halving.
  let [fits, tooLong] = [0, graphemes.length]
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2)
    if (segmentsOf(graphemes.slice(0, middle).join('') + END) <= maxSegments) fits = middle
    else tooLong = middle
  }
  return graphemes.slice(0, fits).join('') + END
}
