// One keep-alive connection over a raw socket, with one request at a time: far cheaper than the servers that it measures.
import { connect } from 'node:net'

const BUFFER_BYTES = 65_536
const END_OF_HEAD = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

export interface Answer {
  status: number
  /** Decodes the body. Only valid until the next request. */
  body: () => string
}

export interface Connection {
  /** Sends a complete request. The answer goes to `onAnswer`. */
  send(request: Buffer): void
  close(): void
}

/** `onLoss`: the connection has ended, although `close` was not called. */
export type OpenConnection = (url: URL, onAnswer: (answer: Answer) => void, onLoss: () => void) => Promise<Connection>

export const openConnection: OpenConnection = async (url, onAnswer, onLoss) => {
  let received = Buffer.allocUnsafe(BUFFER_BYTES)
  let length = 0
  let isClosing = false

  const onread = {
    buffer: Buffer.allocUnsafe(BUFFER_BYTES),
    callback(count: number, chunk: Uint8Array): boolean {
      if (length + count > received.length) received = Buffer.concat([received], received.length * 2)
      received.set(chunk.subarray(0, count), length)
      length += count
      const answer = readAnswer(received.subarray(0, length))
      if (answer) {
        length = 0
        onAnswer(answer)
      }
      return true
    },
  }
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true, onread })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.on('error', () => undefined)
  socket.on('close', () => isClosing || onLoss())
  return {
    send: (request) => void socket.write(request),
    close() {
      isClosing = true
      socket.destroy()
    },
  }
}

/** Returns null while the answer is incomplete. */
export function readAnswer(bytes: Buffer): Answer | null {
  const end = bytes.indexOf(END_OF_HEAD)
  if (end < 0) return null
  const start = end + END_OF_HEAD.length
  const length = contentLength(bytes.toString('latin1', 0, end))
  const isComplete =
    length === undefined ? bytes.subarray(start).subarray(-5).equals(LAST_CHUNK) : bytes.length >= start + length
  if (!isComplete) return null
  const status = Number(bytes.toString('latin1', 9, 12))
  return {
    status,
    body: () => (length === undefined ? joinChunks(bytes.subarray(start)) : bytes.toString('utf8', start)),
  }
}

/** Undefined if the body comes in chunks. */
function contentLength(head: string): number | undefined {
  let at = head.indexOf('ontent-')
  while (at > 0 && head.charCodeAt(at + 7) !== 0x4c && head.charCodeAt(at + 7) !== 0x6c)
    at = head.indexOf('ontent-', at + 7)
  return at > 0 ? Number.parseInt(head.slice(at + 14, at + 24), 10) : undefined
}

function joinChunks(bytes: Buffer): string {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    if (!(size > 0)) return Buffer.concat(chunks).toString()
    chunks.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
  }
}
