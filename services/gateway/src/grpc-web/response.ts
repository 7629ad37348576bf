// Sends what gRPC-Web clients read: frames, with HTTP status 200 also for errors.
import { status } from '@grpc/grpc-js'
import type { FastifyReply } from 'fastify'
import type { FailureParts } from '../http/failure.js'
import type { StreamFormat } from '../streams/format.js'
import { messageFrame, trailersFrame } from './frames.js'
import { statusOf } from './status.js'

/** `grpc-web-text` is base64, for clients that read the response while it arrives. */
export type GrpcWebProtocol = 'grpc-web' | 'grpc-web-text'

export const sendGrpcWebMessage = (reply: FastifyReply, protocol: GrpcWebProtocol, message: Uint8Array): FastifyReply =>
  send(reply, protocol, [messageFrame(message), trailersFrame({ code: status.OK })])

export const sendGrpcWebFailure = (reply: FastifyReply, protocol: GrpcWebProtocol, parts: FailureParts): FastifyReply =>
  send(reply, protocol, [trailersOf(parts)])

/** A frame for each message, and the trailers. As text, each is base64 of its own. */
export function streamFormat(protocol: GrpcWebProtocol): StreamFormat {
  const written = (frame: Buffer) => bodyOf(protocol, frame)
  return {
    headers: { 'content-type': typeOf(protocol), 'x-accel-buffering': 'no' },
    beginning: null,
    message: (encoded) => written(messageFrame(encoded)),
    end: (failure) => written(failure ? trailersOf(failure.parts) : trailersFrame({ code: status.OK })),
    heartbeat: null,
  }
}

const trailersOf = (parts: FailureParts): Buffer =>
  trailersFrame({ code: parts.grpc, message: parts.message, details: statusOf(parts) })

const typeOf = (protocol: GrpcWebProtocol): string => `application/${protocol}+proto`

const bodyOf = (protocol: GrpcWebProtocol, bytes: Buffer): Buffer | string =>
  protocol === 'grpc-web' ? bytes : bytes.toString('base64')

const send = (reply: FastifyReply, protocol: GrpcWebProtocol, frames: readonly Buffer[]): FastifyReply =>
  reply
    .code(200)
    .type(typeOf(protocol))
    .send(bodyOf(protocol, Buffer.concat(frames)))
