// Keeps the number of prepared statements small: the server has a limit for all connections together.

/**
 * The values and the text of an IN list. Repeats the last value until their number is a power of two, so that there are few
 * statements instead of one for each number.
 */
export function listOf(wanted: readonly string[]): { values: string[]; list: string } {
  const size = 2 ** Math.ceil(Math.log2(wanted.length))
  const values = [...wanted, ...Array<string>(size - wanted.length).fill(wanted.at(-1) ?? '')]
  return { values, list: values.map(() => '?').join(', ') }
}

/** Rows of one INSERT, at most. */
const MAX_ROWS = 512

/** Divides rows into parts whose sizes are powers of two, so that there are ten statements for any number of rows. */
export function* inInserts<Row>(
  rows: readonly Row[],
): Generator<{ part: readonly Row[]; groups: (width: number) => string }> {
  for (let at = 0; at < rows.length;) {
    const size = Math.min(MAX_ROWS, 2 ** Math.floor(Math.log2(rows.length - at)))
    const group = (width: number) => `(${Array<string>(width).fill('?').join(', ')})`
    yield { part: rows.slice(at, at + size), groups: (width) => Array<string>(size).fill(group(width)).join(', ') }
    at += size
  }
}
