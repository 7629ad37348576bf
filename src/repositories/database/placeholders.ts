// Keeps the number of prepared statements small: the server has a limit for all connections together.

/** The values of an IN list. Repeats the last one, so that there are few statements instead of one for each number. */
export function padToPowerOfTwo(values: readonly string[]): string[] {
  const size = 2 ** Math.ceil(Math.log2(values.length))
  return [...values, ...Array<string>(size - values.length).fill(values.at(-1) ?? '')]
}
