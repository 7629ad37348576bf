// Splits a file into lines of text, with bounded memory.
import { ConfigError } from '../../../config/index.js'

/** A line, or a record of several lines. Longer ones are refused. */
export const MAX_BYTES = 64 * 1024

export interface Line {
  /** From 1. */
  number: number
  /** Without the line break. Null if there is a problem. */
  text: string | null
  problem?: string
}

const NEWLINE = 0x0a

/** Lines end with LF or CRLF. A byte order mark is ignored. Throws a ConfigError if the file is UTF-16. */
export async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let number = 0
  let isTooLong = false
  let rest: Buffer = Buffer.alloc(0)

  function toLine(line: Buffer): Line {
    number += 1
    if (number === 1) refuseUtf16(line)
    const start = number === 1 && line.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0
    const end = line.at(-1) === 0x0d ? line.length - 1 : line.length
    if (isTooLong || line.length > MAX_BYTES) return { number, text: null, problem: 'the line is longer than 64 KiB' }
    try {
      return { number, text: decoder.decode(line.subarray(start, end)) }
    } catch {
      return { number, text: null, problem: 'the line is not valid UTF-8' }
    }
  }

  for await (const chunk of bytes) {
    let begin = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, begin)) {
      const piece = chunk.subarray(begin, at)
      yield toLine(rest.length > 0 ? Buffer.concat([rest, piece]) : piece)
      rest = Buffer.alloc(0)
      isTooLong = false
      begin = at + 1
    }
    rest = Buffer.concat([rest, chunk.subarray(begin)])
    if (rest.length > MAX_BYTES) {
      isTooLong = true
      rest = Buffer.alloc(0)
    }
  }
  if (rest.length > 0 || isTooLong) yield toLine(rest)
}

function refuseUtf16(line: Buffer): void {
  const [first, second] = line
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new ConfigError('The file is UTF-16. Save it as UTF-8.')
}
