// No Postern: a handler of @grpc/grpc-js that answers ValidateConsent from one read of Redis, whose value it believes.
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall, status } from '@grpc/grpc-js'
import { ConsentService, InvalidConsentReason } from '@postern/proto/consent'
import type { RpcRequest, RpcResponseInit } from '@postern/proto/rpc-types'
import { grpcService } from '@postern/proto/grpc-service'
import { createRead } from './one-read.ts'

type Service = typeof ConsentService
type Request = RpcRequest<Service, 'validateConsent'>
type Response = RpcResponseInit<Service, 'validateConsent'>

const read = createRead()

const expiresAt = { seconds: 1_900_000_000n, nanos: 0 }
const valid = { valid: true, consentId: '01900000-0000-7000-8000-000000000001', textVersion: 1, expiresAt }
const denied = { valid: false, reason: InvalidConsentReason.NOT_GIVEN }

async function validate({ userId, purpose }: Request): Promise<Response> {
  return (await read(`consent:${userId}:${purpose}`)) === null ? denied : valid
}

const { validateConsent } = grpcService(ConsentService)
const server = new Server()
server.addService(
  { validateConsent: validateConsent! },
  {
    validateConsent({ request }: ServerUnaryCall<Request, Response>, respond: sendUnaryData<Response>) {
      validate(request).then(
        (response) => respond(null, response),
        (error: unknown) => respond({ code: status.UNAVAILABLE, details: String(error) }),
      )
    },
  },
)
server.bindAsync(`127.0.0.1:${process.env['PORT'] ?? ''}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error
})
