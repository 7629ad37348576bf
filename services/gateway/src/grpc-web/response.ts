// Sends what gRPC-Web clients read: frames, with HTTP status 200 also for errors.
import { status } from '@grpc/grpc-js'
import type { FastifyReply } from 'fastify'
import type { FailureParts } from '../http/failure.js'
import { messageFrame, trailersFrame } from './frames.js'
import { statusOf } from './status.js'

/** `grpc-web-text` is base64, for clients that read the response while it arrives. */
export type GrpcWebProtocol = 'grpc-web' | 'grpc-web-text'

export const sendGrpcWebMessage = (reply: FastifyReply, protocol: GrpcWebProtocol, message: Uint8Array): FastifyReply =>
  send(reply, protocol, [messageFrame(message), trailersFrame({ code: status.OK })])

export const sendGrpcWebFailure = (reply: FastifyReply, protocol: GrpcWebProtocol, parts: FailureParts): FastifyReply =>
  send(reply, protocol, [trailersFrame({ code: parts.grpc, message: parts.message, details: statusOf(parts) })])

function send(reply: FastifyReply, protocol: GrpcWebProtocol, frames: readonly Buffer[]): FastifyReply {
  const body = Buffer.concat(frames)
  return reply
    .code(200)
    .type(`application/${protocol}+proto`)
    .send(protocol === 'grpc-web' ? body : body.toString('base64'))
}
