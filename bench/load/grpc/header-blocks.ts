// The headers of a request in HPACK (RFC 7541), as libraries of gRPC send them: in full once per connection, and then by number.

/** The entries of the static table. */
const METHOD_POST = 0x83
const SCHEME_HTTP = 0x86

/** The first entry after the static table is the header that was added last. */
const FIRST_ADDED = 62

/** A literal that the server adds to its table, with a literal name. */
const ADDED = 0x40

export interface HeaderBlocks {
  /** Of the first request of a connection. */
  first: Buffer
  /** Of all others: a byte per header. */
  later: Buffer
}

function text(value: string): number[] {
  const bytes = [...Buffer.from(value, 'latin1')]
  if (bytes.length < 127) return [bytes.length, ...bytes]
  const length = [127]
  let rest = bytes.length - 127
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128)
  return [...length, rest, ...bytes]
}

/** The headers must fit into a table of 4,096 bytes. */
export function headerBlocks(headers: Readonly<Record<string, string>>): HeaderBlocks {
  const all = Object.entries(headers)
  const common = [METHOD_POST, SCHEME_HTTP]
  return {
    first: Buffer.from([...common, ...all.flatMap(([name, value]) => [ADDED, ...text(name), ...text(value)])]),
    later: Buffer.from([...common, ...all.map((_, n) => 0x80 | (FIRST_ADDED + all.length - 1 - n))]),
  }
}
