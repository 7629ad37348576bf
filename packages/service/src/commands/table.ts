// Text for a terminal: aligned columns, and nothing that could control the terminal.

/** Control characters come from clients, for example in a user agent, and could change what an operator sees. */
export const printable = (text: string): string => text.replace(/\p{C}/gu, '?')

export const columns = (rows: readonly (readonly string[])[]): string => {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows
    .map((row) =>
      row
        .map((cell, column) => printable(cell).padEnd(width(column)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
