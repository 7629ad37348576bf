// An AuthService by gRPC whose answers a test chooses.
import { create, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { Metadata, type ServiceError, type status } from '@grpc/grpc-js'
import { AuthService } from '../../packages/proto/src/auth.js'
import { ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '../../packages/proto/src/errors.js'
import { type AnswersOf, startAnsweringServer } from './answering-server.js'

export type Answers = AnswersOf<typeof AuthService>

/** A failed call, as Postern sends it. */
export function refusal(code: status, reason: string, retryAfter?: number): Error & Partial<ServiceError> {
  const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: 'postern' }))]
  if (retryAfter !== undefined) {
    const retryDelay = { seconds: BigInt(retryAfter), nanos: 0 }
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })))
  }
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, details }))))
  return Object.assign(new Error('refused'), { code, details: 'For people.', metadata })
}

/** `port`: 0 is any free one. `answers` can be changed while it runs. */
export const startAuthServer = (answers: Answers, port = 0) => startAnsweringServer(AuthService, answers, port)
