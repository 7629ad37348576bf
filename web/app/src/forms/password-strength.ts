import type { ZxcvbnResult } from '@zxcvbn-ts/core'

export type Strength = Pick<ZxcvbnResult, 'score' | 'feedback'>
export type Judge = (password: string, own: readonly string[]) => Strength

/** In place of the ones of the library that speak of pages and data. */
const warnings = {
  userInputs: 'It has your e-mail address, your username or our name in it.',
  topTen: 'It is one of the ten passwords that people use most.',
  topHundred: 'It is one of the hundred passwords that people use most.',
  common: 'Many people use it.',
  similarToCommon: 'It is much like one that many people use.',
  pwned: 'It was part of a breach of another service.',
}

let judge: Promise<Judge> | undefined

/** The dictionaries are larger than all the rest: they are loaded when somebody begins to choose a password. */
export function loadJudge(): Promise<Judge> {
  judge ??= load().catch((error: unknown) => {
    judge = undefined
    throw error
  })
  return judge
}

async function load(): Promise<Judge> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  const zxcvbn = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    translations: { ...english.translations, warnings: { ...english.translations.warnings, ...warnings } },
    // The time it takes grows faster than the password, and what is longer is strong or hopeless by then.
    maxLength: 64,
  })
  return (password, own) => zxcvbn.check(password, [...own])
}
