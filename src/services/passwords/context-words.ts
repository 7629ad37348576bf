// The words of a deployment that passwords must not be built from: the name of the app, and those that the operator lists.
import { fold, squeeze } from './folding.js'

/** Shorter ones occur in other words by chance. */
const SHORTEST = 4

/** What must be left of a password without them. */
const LEAST_REST = 8

/** Each name, and each of its words, as passwords are compared: without case, accents and separators. The longest first. */
export function contextWords(names: readonly string[]): string[] {
  const words = names.flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)]).map((word) => squeeze(fold(word)))
  return [...new Set(words)].filter((word) => [...word].length >= SHORTEST).sort((a, b) => b.length - a.length)
}

/** A form of a password without these words. Null if it has none of them. */
export function withoutWords(form: string, words: readonly string[]): string | null {
  const squeezed = squeeze(form)
  const rest = words.reduce((text, word) => text.replaceAll(word, ''), squeezed)
  return rest === squeezed ? null : rest
}

export const isTooLittle = (rest: string): boolean => [...rest].length < LEAST_REST
