// Frames of HTTP/2 (RFC 9113), as far as a client of unary calls needs them.

export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8

export const END_STREAM = 1
export const ACK = 1
export const END_HEADERS = 4

export const HEAD_BYTES = 9

/** The default window of a connection. What a client adds to it allows so many more bytes. */
const DEFAULT_WINDOW = 65_535
const LARGEST_WINDOW = 2 ** 31 - 1

/** Writes the head of a frame, and returns where its payload begins. */
export function writeHead(into: Buffer, at: number, size: number, type: number, flags: number, stream: number): number {
  into.writeUIntBE(size, at, 3)
  into[at + 3] = type
  into[at + 4] = flags
  into.writeUInt32BE(stream, at + 5)
  return at + HEAD_BYTES
}

export function frame(type: number, flags: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length)
  bytes.set(payload, writeHead(bytes, 0, payload.length, type, flags, 0))
  return bytes
}

function windowUpdate(by: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(by)
  return frame(WINDOW_UPDATE, 0, payload)
}

/** What a client sends first. The window is so large that the answers of a benchmark fit into it. */
export const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(SETTINGS, 0, Buffer.alloc(0)),
  windowUpdate(LARGEST_WINDOW - DEFAULT_WINDOW),
])
