// The scenarios through gRPC.
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import type { Message } from '@bufbuild/protobuf'
import { AuthService } from '@postern/proto/auth'
import { grpcClient, type RpcOptions } from '@postern/proto/grpc-client'
import { ADDRESS, USER_AGENT, type Door, type OperationName } from './door.js'
import { dataOf, refusalOf, requestOf } from './messages.js'

export function grpcDoor(address: string): Door {
  const connection = new Client(address, credentials.createInsecure(), { 'grpc.primary_user_agent': USER_AGENT })
  const client = grpcClient(AuthService, connection) as unknown as Record<
    OperationName,
    (request: Message, options: RpcOptions) => Promise<Message>
  >

  return {
    name: 'gRPC',
    close: () => connection.close(),
    async call(name, input, token) {
      const metadata = new Metadata()
      metadata.set('x-forwarded-for', ADDRESS)
      if (token) metadata.set('authorization', `Bearer ${token}`)
      let requestId = ''
      const onHeaders = (headers: Metadata) => (requestId = String(headers.get('x-request-id')[0] ?? ''))
      try {
        const response = await client[name](requestOf(name, input), { metadata, onHeaders })
        return { data: dataOf(name, response), refusal: null, requestId }
      } catch (error) {
        const { code, details: message, metadata: trailers } = error as ServiceError
        const [encoded] = trailers.get('grpc-status-details-bin') as Buffer[]
        requestId ||= String(trailers.get('x-request-id')[0] ?? '')
        return { data: null, refusal: refusalOf({ code, message, encoded }), requestId }
      }
    },
  }
}
