// Makes the definition of a generated service that @grpc/grpc-js takes. It loads nothing of @grpc/grpc-js.
import { create, type DescMessage, type DescMethod, type DescService, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'

type Definition<I extends DescMessage, O extends DescMessage> = Omit<
  MethodDefinition<MessageShape<I>, MessageShape<O>>,
  'requestSerialize' | 'responseSerialize'
> & {
  requestSerialize: (request: MessageInitShape<I>) => Buffer
  responseSerialize: (response: MessageInitShape<O>) => Buffer
}

const writer =
  <D extends DescMessage>(message: D) =>
  (value: MessageInitShape<D>): Buffer => {
    const { buffer, byteOffset, byteLength } = toBinary(message, create(message, value))
    return Buffer.from(buffer, byteOffset, byteLength)
  }

// Fields that this version does not know are dropped, so that a sender can't make the receiver keep them.
const reader =
  <D extends DescMessage>(message: D) =>
  (bytes: Uint8Array): MessageShape<D> =>
    fromBinary(message, bytes, { readUnknownFields: false })

/** The path of an RPC: `/postern.auth.v1.AuthService/Login`. */
export const rpcPathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`

/** The definition of one RPC: its path, and how its messages are written and read. */
export const grpcMethod = <I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { input: I; output: O },
): Definition<I, O> => ({
  path: rpcPathOf(method),
  requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
  responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
  requestSerialize: writer(method.input),
  requestDeserialize: reader(method.input),
  responseSerialize: writer(method.output),
  responseDeserialize: reader(method.output),
})

/** For `server.addService`. Its RPCs have the names of the generated service: `validateToken`. */
export const grpcService = (service: DescService): ServiceDefinition =>
  Object.fromEntries(service.methods.map((method) => [method.localName, grpcMethod(method)]))
