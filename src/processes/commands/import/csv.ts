// Reads CSV as RFC 4180 has it: commas, cells in double quotes, and line breaks inside of them.
import { type Line, MAX_BYTES } from './lines.js'

/** A record that begins at a line. A problem concerns this record only. */
export type CsvRecord = { line: number; cells: string[] } | { line: number; problem: string }

/** More lines than these are no record, but a quote that was never closed. */
const MAX_LINES = 100

/** The cells of a record. 'open' if it ends inside quotes; null if it is malformed. */
function cellsOf(text: string): string[] | 'open' | null {
  const cells: string[] = []
  for (let at = 0; ; at += 1) {
    if (text[at] === '"') {
      let end = text.indexOf('"', at + 1)
      while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2)
      if (end < 0) return 'open'
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
    } else {
      const comma = text.indexOf(',', at)
      const cell = text.slice(at, comma < 0 ? text.length : comma)
      if (cell.includes('"')) return null
      cells.push(cell)
      at += cell.length
    }
    if (at >= text.length) return cells
    if (text[at] !== ',') return null
  }
}

/** Empty lines are skipped. After a quote that is not closed where it should be, reading continues with the next line. */
export async function* csvRecords(lines: AsyncIterator<Line>): AsyncGenerator<CsvRecord> {
  const again: Line[] = []
  const next = async (): Promise<Line | null> => {
    const line = again.shift()
    if (line) return line
    const result = (await lines.next()) as IteratorResult<Line, undefined>
    return result.value ?? null
  }

  for (let first = await next(); first; first = await next()) {
    if (first.text === null) {
      yield { line: first.number, problem: first.problem ?? '' }
      continue
    }
    if (first.text.trim() === '') continue
    let text = first.text
    let cells = cellsOf(text)
    const more: Line[] = []
    while (cells === 'open' && more.length < MAX_LINES && text.length < MAX_BYTES) {
      const line = await next()
      if (line) more.push(line)
      if (line?.text == null) break
      text += `\n${line.text}`
      cells = cellsOf(text)
    }
    if (Array.isArray(cells)) {
      yield { line: first.number, cells }
      continue
    }
    again.unshift(...more)
    const isOpen = cells === 'open' || more.length > 0
    yield { line: first.number, problem: isOpen ? 'a quote is not closed' : 'a quote is misplaced' }
  }
}
