/** What one of our characters can be taken for. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...{ 0: 'o', 1: 'l', i: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't' },
  // The letter becomes the pair: which two of `vvv` are the w, nobody can see.
  ...{ m: 'rn', w: 'vv' },
}

/**
 * What a canonical username looks like: names of one skeleton are confusable. The idea of UTS #39, section 4, on our
 * alphabet. Without the separators, so that `r-n` is as good an m as `rn`.
 */
export const skeletonOf = (canonical: string): string =>
  canonical.replace(/[-_]/g, '').replace(/[01i3457mw]/g, (character) => LOOKALIKES[character] ?? character)
