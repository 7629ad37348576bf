// The frames of gRPC-Web: a byte of flags, four bytes of length, and a message or the trailers.
import type { status } from '@grpc/grpc-js'

const HEADER_BYTES = 5
const TRAILERS = 0x80

/** The message of a unary request. Null for anything but one uncompressed message. */
export function readMessageFrame(body: Buffer): Uint8Array | null {
  if (body.length < HEADER_BYTES || body[0] !== 0) return null
  const length = body.readUInt32BE(1)
  return body.length === HEADER_BYTES + length ? body.subarray(HEADER_BYTES) : null
}

/** No part of a text matches it in two ways, so that the time is proportional to the length, whatever a client sends. */
const PADDED_PIECES = /^(?:[\w+/-]+(?:={1,2}[\w+/-]+)*={0,2})?$/

/** The same for base64, whose pieces may be padded separately. Null for what is no base64. */
export function decodeText(body: Buffer): Buffer | null {
  const text = body.toString('latin1')
  if (!PADDED_PIECES.test(text)) return null
  return Buffer.concat((text.match(/[^=]+=*/g) ?? []).map((piece) => Buffer.from(piece, 'base64')))
}

function frame(flags: number, content: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + content.length)
  bytes[0] = flags
  bytes.writeUInt32BE(content.length, 1)
  bytes.set(content, HEADER_BYTES)
  return bytes
}

export const messageFrame = (message: Uint8Array): Buffer => frame(0, message)

export interface Trailers {
  readonly code: status
  readonly message?: string
  /** The encoded google.rpc.Status. */
  readonly details?: Uint8Array
}

export function trailersFrame({ code, message = '', details }: Trailers): Buffer {
  const lines = [
    `grpc-status: ${code}`,
    ...(message === '' ? [] : [`grpc-message: ${percentEncoded(message)}`]),
    ...(details ? [`grpc-status-details-bin: ${Buffer.from(details).toString('base64')}`] : []),
  ]
  return frame(TRAILERS, Buffer.from(`${lines.join('\r\n')}\r\n`))
}

/** As gRPC has it: everything but printable ASCII, and the percent sign. */
const percentEncoded = (text: string): string =>
  text.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]+/g, (characters) => encodeURIComponent(characters))
