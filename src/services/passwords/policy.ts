// The policy for new passwords, beyond their length.
import { isCommonPassword } from './common-passwords.js'
import { COMMON_WORDS } from './common-words.js'
import { isTooLittle, withoutWords } from './context-words.js'
import { fold, squeeze, withLetters } from './folding.js'

/** The shortest entry of the list. */
const SHORTEST_LISTED = 8

/** Around a common word, more than these are not predictable anymore. */
const MAX_DECORATION = 8

/** Fewer different characters than these, such as in `abababab`, are a pattern. */
const MIN_DISTINCT = 4

/**
 * True for a password that is blank, has less than four different characters, is on the list of common ones, or is one of
 * the account's `own` names: its email address, the part before the @, or its username (ASVS 6.2.4, 6.2.11). Also if less than
 * eight characters, or a common password, are left of it without the `words` of the deployment, as in `acme-Password1`. It is
 * compared without regard to case, accents, and the usual changes: `P@ssw0rd2024!` is `password`. The input's rules check the
 * length; there are no rules of composition.
 */
export function isWeakPassword(
  password: string,
  own: readonly (string | null | undefined)[],
  words: readonly string[] = [],
): boolean {
  const folded = fold(password)
  if (/^[\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]*$/u.test(folded) || new Set(folded).size < MIN_DISTINCT)
    return true
  const names = new Set(own.flatMap((name) => (name == null ? [] : namesOf(fold(name)))))
  const isNamed = (form: string): boolean => names.has(form) || isCommon(form)
  for (const form of formsOf(folded)) {
    if (isNamed(form)) return true
    const rest = withoutWords(form, words)
    if (rest !== null && (isTooLittle(rest) || [...formsOf(rest)].some(isNamed))) return true
  }
  return false
}

const isCommon = (form: string): boolean =>
  COMMON_WORDS.has(form) || (form.length >= SHORTEST_LISTED && isCommonPassword(form))

/** A name, the part before the @, and both without separators. */
const namesOf = (name: string): string[] =>
  [name, name.split('@')[0] ?? ''].flatMap((part) => [part, squeeze(part)]).filter((part) => part !== '')

/** The password, and what remains of it without separators, repetition, decoration and look-alikes. */
function formsOf(folded: string): Set<string> {
  const repeated = /^(.+?)\1+$/su.exec(folded.slice(0, 256))?.[1]
  const undecorated = [
    folded.replace(/[^\p{L}\p{N}]+$/u, ''),
    folded.replace(/[^\p{L}]+$/u, ''),
    folded.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, ''),
  ].filter((stem) => folded.length - stem.length <= MAX_DECORATION)
  const plain = [folded, squeeze(folded), ...(repeated === undefined ? [] : [repeated]), ...undecorated]
  return new Set([
    ...plain,
    ...plain.map((form) => withLetters(form, 'i')),
    ...plain.map((form) => withLetters(form, 'l')),
  ])
}
