// Reads the users of a file, as CSV with a header or as JSON lines.
import { ConfigError } from '../../../config/index.js'
import { IMPORTED_FIELDS, IMPORTED_NAMES, importedFieldName } from '../../../schema/import.inputs.js'
import { type CsvRecord, csvRecords } from './csv.js'
import { type Line, linesOf } from './lines.js'

/** The fields of a user by their names in the file, or what is wrong with the line. */
export type FileRecord = { line: number; fields: Record<string, unknown> } | { line: number; problem: string }

/** Throws a ConfigError if the file is empty, or if it is CSV whose header can't be used. */
export async function* recordsOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<FileRecord> {
  const lines = linesOf(bytes)
  const first = await firstOf(lines)
  if (!first) throw new ConfigError('The file is empty.')
  const all = prepend(first, lines)
  yield* first.text?.trimStart().startsWith('{') ? jsonRecords(all) : tableRecords(all)
}

/** The first line that is not empty. */
async function firstOf(lines: AsyncIterator<Line>): Promise<Line | null> {
  for (;;) {
    const { done, value } = (await lines.next()) as IteratorResult<Line, undefined>
    if (done) return null
    if (value.text?.trim() !== '') return value
  }
}

async function* prepend(first: Line, rest: AsyncIterable<Line>): AsyncGenerator<Line> {
  yield first
  yield* rest
}

async function* tableRecords(lines: AsyncGenerator<Line>): AsyncGenerator<FileRecord> {
  const records = csvRecords(lines)
  const { value: header } = (await records.next()) as IteratorResult<CsvRecord, undefined>
  const names = namesOf(header)
  for await (const record of records) {
    const { line } = record
    if ('problem' in record) yield record
    else if (record.cells.length !== names.length)
      yield { line, problem: `it has ${record.cells.length} cells, and the header has ${names.length}` }
    else yield { line, fields: Object.fromEntries(names.map((name, index) => [name, record.cells[index]])) }
  }
}

function namesOf(header: CsvRecord | undefined): string[] {
  if (!header || 'problem' in header) throw new ConfigError(`The header is malformed: ${header?.problem ?? ''}.`)
  const names = header.cells.map((cell) => importedFieldName(cell.trim()))
  const unknown = header.cells.filter((_, index) => !IMPORTED_FIELDS.has(names[index] ?? ''))
  if (unknown.length > 0)
    throw new ConfigError(
      `Unknown columns: ${unknown.join(', ').slice(0, 200)}. The columns are ${IMPORTED_NAMES.join(', ')}.`,
    )
  if (new Set(names).size < names.length) throw new ConfigError('Two columns of the header are the same.')
  if (!names.includes('email')) throw new ConfigError('There is no column email.')
  return names
}

async function* jsonRecords(lines: AsyncIterable<Line>): AsyncGenerator<FileRecord> {
  for await (const { number: line, text, problem } of lines) {
    if (text === null) yield { line, problem: problem ?? '' }
    else if (text.trim() !== '') yield { line, ...parseObject(text) }
  }
}

function parseObject(text: string): { fields: Record<string, unknown> } | { problem: string } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { fields: value as Record<string, unknown> }
  } catch {
    // The same problem as a value of another kind.
  }
  return { problem: 'it is not a JSON object' }
}
