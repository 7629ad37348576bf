// Skeletons: two usernames with the same skeleton are confusable (the idea of UTS #39, section 4, on our alphabet).

/** What a character can be mistaken for. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...{ 0: 'o', 1: 'l', i: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't' },
  // The letter becomes the pair: in `vvv`, which two are the w?
  ...{ m: 'rn', w: 'vv' },
  // Without separators, because `r-n` looks like an m as `rn` does.
  ...{ '-': '', _: '' },
}

/** Runs at every check. */
export function skeletonOf(canonical: string): string {
  let skeleton = ''
  for (const character of canonical) skeleton += LOOKALIKES[character] ?? character
  return skeleton
}
