import { describe, expect, it } from 'vitest'
import { type FileRecord, recordsOf } from '../../../src/processes/commands/import/records.js'

/** In pieces of `size` bytes, as a stream could bring them. */
async function read(content: string | Buffer, size = 7): Promise<FileRecord[]> {
  async function* pieces() {
    const bytes = Buffer.from(content as string)
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const records: FileRecord[] = []
  for await (const record of recordsOf(pieces())) records.push(record)
  return records
}

const emailsOf = (records: FileRecord[]) =>
  records.map((record) => ('fields' in record ? [record.line, record.fields['email']] : [record.line, record.problem]))

describe('the records of an import', () => {
  it.each([
    ['', 'The file is empty.'],
    ['\n \n', 'The file is empty.'],
    ['email,pasword_hash\n', 'Unknown columns: pasword_hash. The columns are email, username,'],
    ['username\nada\n', 'There is no column email.'],
    ['email,E-Mail\n', 'Two columns of the header are the same.'],
    ['email,"username\nada@example.com,ada\n', 'The header is malformed: a quote is not closed.'],
    [Buffer.from('\ufeffemail\n', 'utf16le'), 'The file is UTF-16. Save it as UTF-8.'],
  ])('are none if the file cannot be what it has to be: %j', async (content, problem) => {
    await expect(read(content)).rejects.toThrow(problem)
  })

  it('are those of RFC 4180, at whatever byte the stream is cut', async () => {
    const content = '\ufeffEmail,"first_name"\r\n"a@b.c","say ""hi"", \u00fc"\r\n\r\nd@e.f,"two\r\nlines"\r\n,'
    for (let size = 1; size < 20; size++)
      expect(await read(content, size)).toEqual([
        { line: 2, fields: { email: 'a@b.c', firstname: 'say "hi", \u00fc' } },
        { line: 4, fields: { email: 'd@e.f', firstname: 'two\nlines' } },
        { line: 6, fields: { email: '', firstname: '' } },
      ])
  })

  it('continue with the next line after a malformed one', async () => {
    const rows = ['email,city', 'a,"open', 'b,', 'c,"closed"x', 'd,e,f', 'g', '"h"","",', 'i,j']
    expect(emailsOf(await read(rows.join('\n')))).toEqual([
      [2, 'a quote is not closed'],
      [3, 'b'],
      [4, 'a quote is misplaced'],
      [5, 'it has 3 cells, and the header has 2'],
      [6, 'it has 1 cells, and the header has 2'],
      [7, 'a quote is not closed'],
      [8, 'i'],
    ])
  })

  it('need little memory, however long a line or an open quote is', async () => {
    const long = 'x'.repeat(200_000)
    expect(emailsOf(await read(`email\n${long}\na\n"${'b\n'.repeat(300)}c`, 4096)).slice(0, 4)).toEqual([
      [2, 'the line is longer than 64 KiB'],
      [3, 'a'],
      [4, 'a quote is not closed'],
      [5, 'b'],
    ])
  })

  it('are refused if they are not UTF-8', async () => {
    expect(emailsOf(await read(Buffer.from('email\n\u00fc@b.c\na@b.c', 'latin1')))).toEqual([
      [2, 'the line is not valid UTF-8'],
      [3, 'a@b.c'],
    ])
  })

  it('can be JSON lines', async () => {
    const lines = ['{"email":"a@b.c"}', '', 'null', '[]', '{"__proto__":{"email":"x"},"email":"d@e.f"}']
    expect(emailsOf(await read(lines.join('\n')))).toEqual([
      [1, 'a@b.c'],
      [3, 'it is not a JSON object'],
      [4, 'it is not a JSON object'],
      [5, 'd@e.f'],
    ])
  })
})
