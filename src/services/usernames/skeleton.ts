/** What one of our characters can be taken for. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...{ 0: 'o', 1: 'l', i: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't' },
  // The letter becomes the pair: which two of `vvv` are the w, nobody can see.
  ...{ m: 'rn', w: 'vv' },
  // Without separators, `r-n` is as good an m as `rn`.
  ...{ '-': '', _: '' },
}

/**
 * What a canonical username looks like: names of one skeleton are confusable. The idea of UTS #39, section 4, on our
 * alphabet. Computed at every check.
 */
export function skeletonOf(canonical: string): string {
  let skeleton = ''
  for (const character of canonical) skeleton += LOOKALIKES[character] ?? character
  return skeleton
}
