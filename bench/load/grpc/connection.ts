// Unary calls of one method over raw sockets, several at a time on each: far cheaper than the servers that it measures.
import { connect } from 'node:net'
import type { Answer, Connection, OpenConnection } from '../connection.ts'
import * as http2 from './frames.ts'
import { type HeaderBlocks, headerBlocks } from './header-blocks.ts'

const BUFFER_BYTES = 65_536
/** In front of every message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5

interface Line {
  message: Buffer | null
  onAnswer: (answer: Answer) => void
  onLoss: () => void
}

type Shared = Awaited<ReturnType<typeof share>>

/** A message as it travels, for {@link Connection.send}. */
export function grpcMessage(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(PREFIX_BYTES + message.length)
  bytes.writeUInt32BE(message.length, 1)
  bytes.set(message, PREFIX_BYTES)
  return bytes
}

/** The bytes of a message that an {@link Answer} has as text. */
export const messageIn = (body: string): Uint8Array => Buffer.from(body, 'latin1')

/**
 * `method`: as in `package.Service/Method`. `atOnce` lines share a connection, each with one call at a time. A call that was
 * refused has the status 500; its code and text are compressed, and nothing here reads them.
 */
export function grpcLines(method: string, atOnce: number, metadata: Record<string, string> = {}): OpenConnection {
  let open: Shared[] = []
  return async (url, onAnswer, onLoss) => {
    open = open.filter((each) => each.isOpen())
    let shared = open.find(({ host, lines }) => host === url.host && lines.size < atOnce)
    if (!shared) open.push((shared = await share(url, method, metadata)))
    return shared.add({ message: null, onAnswer, onLoss })
  }
}

/** Opens a connection that several lines share. */
async function share(url: URL, method: string, metadata: Record<string, string>) {
  const blocks = headerBlocks({
    ':path': `/${method}`,
    ':authority': url.host,
    te: 'trailers',
    'content-type': 'application/grpc',
    'user-agent': 'grpc-node-js/1.14.0',
    'grpc-accept-encoding': 'identity,deflate,gzip',
    ...metadata,
  })
  const lines = new Set<Line>()
  const waiting = new Map<number, Line>()
  let last = -1
  let isOpen = true

  const socket = connect({
    ...{ host: url.hostname, port: Number(url.port), noDelay: true },
    onread: { buffer: Buffer.allocUnsafe(BUFFER_BYTES), callback: framesTo(receive) },
  })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.on('error', () => undefined)
  socket.on('close', () => {
    isOpen = false
    for (const { onLoss } of lines) onLoss()
  })
  const write = inTurns((bytes) => void socket.write(bytes))
  write(http2.preface)

  function receive(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === http2.DATA) {
      const line = waiting.get(stream)!
      line.message = line.message ? Buffer.concat([line.message, payload]) : Buffer.from(payload)
    } else if (type === http2.HEADERS) {
      if (flags & http2.END_STREAM) end(stream)
    } else if (type === http2.RST_STREAM) end(stream)
    else if (type === http2.GOAWAY) socket.destroy()
    else if ((type === http2.SETTINGS || type === http2.PING) && !(flags & http2.ACK))
      write(http2.frame(type, http2.ACK, type === http2.PING ? payload : Buffer.alloc(0)))
  }

  function end(stream: number): void {
    const line = waiting.get(stream)
    if (!line) return
    waiting.delete(stream)
    const { message } = line
    line.message = null
    // Only a call that succeeded has a message.
    line.onAnswer({
      status: message ? 200 : 500,
      body: () => message?.toString('latin1', PREFIX_BYTES) ?? `${method} was refused`,
    })
  }

  return {
    host: url.host,
    lines,
    isOpen: () => isOpen,
    add(line: Line): Connection {
      lines.add(line)
      return {
        send(message) {
          last += 2
          waiting.set(last, line)
          write(request(blocks, last, message))
        },
        close() {
          lines.delete(line)
          if (lines.size === 0) socket.destroy()
        },
      }
    },
  }
}

function request(blocks: HeaderBlocks, stream: number, message: Buffer): Buffer {
  const block = stream === 1 ? blocks.first : blocks.later
  const bytes = Buffer.allocUnsafe(2 * http2.HEAD_BYTES + block.length + message.length)
  let at = http2.writeHead(bytes, 0, block.length, http2.HEADERS, http2.END_HEADERS, stream)
  bytes.set(block, at)
  at = http2.writeHead(bytes, at + block.length, message.length, http2.DATA, http2.END_STREAM, stream)
  bytes.set(message, at)
  return bytes
}

/** Writes what a turn of the event loop sends together, as libraries do. */
function inTurns(write: (bytes: Buffer) => void): (bytes: Buffer) => void {
  let queue: Buffer[] = []
  function flush(): void {
    write(queue.length === 1 ? queue[0]! : Buffer.concat(queue))
    queue = []
  }
  return (bytes) => {
    if (queue.push(bytes) === 1) process.nextTick(flush)
  }
}

/** Cuts what arrives into frames. A payload is only valid during the call. */
function framesTo(receive: (type: number, flags: number, stream: number, payload: Buffer) => void) {
  let received = Buffer.allocUnsafe(BUFFER_BYTES)
  let length = 0
  return (count: number, chunk: Uint8Array): boolean => {
    if (length + count > received.length) received = Buffer.concat([received], received.length * 2)
    received.set(chunk.subarray(0, count), length)
    length += count
    let at = 0
    while (length - at >= http2.HEAD_BYTES) {
      const payload = at + http2.HEAD_BYTES
      const end = payload + received.readUIntBE(at, 3)
      if (end > length) break
      receive(received[at + 3]!, received[at + 4]!, received.readUInt32BE(at + 5), received.subarray(payload, end))
      at = end
    }
    received.copyWithin(0, at, length)
    length -= at
    return true
  }
}
