// The checks that arrive while many users type. Each user types one of a million names, some of which are far more popular
// than others, and every keystroke from the third on checks the text so far.
import { createRandom } from './random.ts'

const FIRST_CHECKED_LENGTH = 3
/** Keystrokes of each typist before the stream begins. */
const SETTLING = 100

/**
 * Returns a function that gives the next text to check. `typists` type at the same time, in turn. `exponent` is that of
 * Zipf's law: the name of rank r is typed 1/r^exponent times as often as the first one.
 */
export function createStream(names: readonly string[], exponent: number, typists: number, seed: number): () => string {
  const random = createRandom(seed)
  const sums = new Float64Array(names.length)
  let sum = 0
  for (let i = 0; i < names.length; i++) sums[i] = sum += (i + 1) ** -exponent

  function pick(): string {
    const point = random() * sum
    let [low, high] = [0, names.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! < point) low = middle + 1
      else high = middle
    }
    return names[low]!
  }

  const typing = Array.from({ length: typists }, () => ({ name: pick(), length: FIRST_CHECKED_LENGTH }))
  let turn = 0
  function next(): string {
    const typist = typing[turn++ % typists]!
    const text = typist.name.slice(0, typist.length++)
    if (typist.length > typist.name.length) Object.assign(typist, { name: pick(), length: FIRST_CHECKED_LENGTH })
    return text
  }
  // All typists begin at the same time. This mixes them until that no longer shows.
  for (let i = 0; i < typists * SETTLING; i++) next()
  return next
}

/** Returns the share of each taken name in all checks. */
export function sharesOf(names: readonly string[], exponent: number, isTaken: Set<string>): Map<string, number> {
  const weights = new Map<string, number>()
  let total = 0
  for (const [i, name] of names.entries()) {
    const weight = (i + 1) ** -exponent
    for (let length = FIRST_CHECKED_LENGTH; length <= name.length; length++) {
      const text = name.slice(0, length)
      if (isTaken.has(text)) weights.set(text, (weights.get(text) ?? 0) + weight)
      total += weight
    }
  }
  return new Map([...weights].map(([text, weight]) => [text, weight / total]))
}
