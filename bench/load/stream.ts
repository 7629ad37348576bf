// What arrives while many people type: each wants one of a million names, some far more often than others, and every key from
// the third on asks for what stands there so far.
import { createRandom } from './random.ts'

const FIRST_ASKED = 3
/** Keys that each typist has typed before the stream begins. */
const SETTLING = 100

/** Gives one question after the other. `typists` type at the same time, each in turn. `exponent` of Zipf's law: the name of rank r is wanted 1/r^exponent as often. */
export function createStream(names: readonly string[], exponent: number, typists: number, seed: number): () => string {
  const random = createRandom(seed)
  const sums = new Float64Array(names.length)
  let sum = 0
  for (let i = 0; i < names.length; i++) sums[i] = sum += (i + 1) ** -exponent

  function wanted(): string {
    const point = random() * sum
    let [low, high] = [0, names.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! < point) low = middle + 1
      else high = middle
    }
    return names[low]!
  }

  const typing = Array.from({ length: typists }, () => ({ name: wanted(), length: FIRST_ASKED }))
  let turn = 0
  function next(): string {
    const typist = typing[turn++ % typists]!
    const asked = typist.name.slice(0, typist.length++)
    if (typist.length > typist.name.length) Object.assign(typist, { name: wanted(), length: FIRST_ASKED })
    return asked
  }
  // Until nothing is left of all having begun at once.
  for (let i = 0; i < typists * SETTLING; i++) next()
  return next
}

/** How often each of the taken names is asked for, of all that is asked. */
export function sharesOf(names: readonly string[], exponent: number, isTaken: Set<string>): Map<string, number> {
  const weights = new Map<string, number>()
  let total = 0
  for (const [i, name] of names.entries()) {
    const weight = (i + 1) ** -exponent
    for (let length = FIRST_ASKED; length <= name.length; length++) {
      const asked = name.slice(0, length)
      if (isTaken.has(asked)) weights.set(asked, (weights.get(asked) ?? 0) + weight)
      total += weight
    }
  }
  return new Map([...weights].map(([asked, weight]) => [asked, weight / total]))
}
