// Skeletons: two usernames with the same skeleton are confusable (the idea of UTS #39, section 4, on our alphabet).

/** What a character can be mistaken for. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...{ 0: 'o', 1: 'l', i: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't' },
  // The letter becomes the pair: in `vvv`, which two are the w?
  ...{ m: 'rn', w: 'vv' },
  // Without separators, because `r-n` looks like an m as `rn` does.
  ...{ '-': '', _: '' },
}

/** The same by character code, for all of ASCII: half the time, at every check. */
const BY_CODE = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  return LOOKALIKES[character] ?? character
})

export function skeletonOf(canonical: string): string {
  let skeleton = ''
  for (let i = 0; i < canonical.length; i++) skeleton += BY_CODE[canonical.charCodeAt(i)] ?? canonical.charAt(i)
  return skeleton
}
