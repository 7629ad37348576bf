// Estimates password strength with zxcvbn-ts, loaded on demand.
import type { ZxcvbnResult } from '@zxcvbn-ts/core'

export type Strength = Pick<ZxcvbnResult, 'score' | 'feedback'>
export type StrengthCheck = (password: string, own: readonly string[]) => Strength

/** Replaces the library's warnings that don't fit a form. */
const warnings = {
  userInputs: 'It contains your email address, your username or our name.',
  topTen: 'It is one of the ten most common passwords.',
  topHundred: 'It is one of the hundred most common passwords.',
  common: 'It is a common password.',
  similarToCommon: 'It is similar to a common password.',
  pwned: 'It appeared in a data breach of another service.',
}

let check: Promise<StrengthCheck> | undefined

/** The dictionaries are larger than the rest of the pages. */
export function loadStrengthCheck(): Promise<StrengthCheck> {
  check ??= load().catch((error: unknown) => {
    check = undefined
    throw error
  })
  return check
}

async function load(): Promise<StrengthCheck> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  const zxcvbn = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: { ...english.translations, warnings: { ...english.translations.warnings, ...warnings } },
    // The time grows faster than the length, and the first 64 characters decide.
    maxLength: 64,
  })
  return (password, own) => zxcvbn.check(password, [...own])
}
