import type { ZxcvbnResult } from '@zxcvbn-ts/core'

export type Strength = Pick<ZxcvbnResult, 'score' | 'feedback'>
export type Judge = (password: string, own: readonly string[]) => Strength

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
    translations: english.translations,
    // The time it takes grows faster than the password, and what is longer is strong or hopeless by then.
    maxLength: 64,
  })
  return (password, own) => zxcvbn.check(password, [...own])
}
