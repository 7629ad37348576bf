// The scenarios through the gateway's gRPC-Web, as a browser sends it.
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { AuthService } from '@postern/proto/auth'
import { ADDRESS, USER_AGENT, type Door } from './door.js'
import { dataOf, refusalOf, requestOf } from './messages.js'

const CONTENT_TYPE = 'application/grpc-web+proto'
const TRAILERS = 0x80

export function grpcWebDoor(url: string): Door {
  return {
    name: 'gRPC-Web',
    close: () => undefined,
    async call(name, input, token) {
      const method = AuthService.method[name]
      const response = await fetch(`${url}/${AuthService.typeName}/${method.name}`, {
        method: 'POST',
        headers: {
          'content-type': CONTENT_TYPE,
          'x-grpc-web': '1',
          'user-agent': USER_AGENT,
          'x-forwarded-for': ADDRESS,
          ...(token && { authorization: `Bearer ${token}` }),
        },
        body: framed(toBinary(method.input, requestOf(name, input) as never)),
      })
      const { message, trailers } = read(Buffer.from(await response.arrayBuffer()))
      const requestId = response.headers.get('x-request-id') ?? ''
      const code = Number(trailers.get('grpc-status'))
      if (code === 0) return { data: dataOf(name, fromBinary(method.output, message)), refusal: null, requestId }
      const encoded = Buffer.from(trailers.get('grpc-status-details-bin') ?? '', 'base64')
      const text = decodeURIComponent(trailers.get('grpc-message') ?? '')
      return { data: null, refusal: refusalOf({ code, message: text, encoded }), requestId }
    },
  }
}

/** A byte of flags, four bytes of length, and the message. */
function framed(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = Buffer.alloc(5 + message.length)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, 5)
  return frame
}

function read(body: Buffer) {
  let message: Uint8Array = new Uint8Array()
  let trailers = new Map<string, string>()
  for (let at = 0; at < body.length;) {
    const end = at + 5 + body.readUInt32BE(at + 1)
    const content = body.subarray(at + 5, end)
    if (body[at] === TRAILERS) trailers = new Map(linesOf(content.toString('latin1')))
    else message = content
    at = end
  }
  return { message, trailers }
}

const linesOf = (text: string): [string, string][] =>
  text
    .trim()
    .split('\r\n')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
