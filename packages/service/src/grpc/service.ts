// Adds a generated service to a server of gRPC: one handler for each RPC.
import type { DescService } from '@bufbuild/protobuf'
import { grpcService } from '@postern/proto/grpc-service'
import type { Server, ServiceDefinition, UntypedHandleCall } from '@grpc/grpc-js'
import type { Operation, Run, Runs, StreamRun } from './rpc.js'
import { serverStreaming, type StreamParts } from './streams.js'
import { unary } from './unary.js'

export interface ServiceParts<Context> extends StreamParts<Context> {
  /** `rpc`: in lower camel case. By default the operation has the name of the RPC, and is counted. */
  readonly operationOf?: (rpc: string) => Operation
}

const byName = (operation: string): Operation => ({ operation, isCounted: true })

const asIs = (bytes: Buffer): Buffer => bytes

export function addService<Service extends DescService, Context>(
  server: Server,
  service: Service,
  runs: Runs<Service, Context>,
  { operationOf = byName, ...parts }: ServiceParts<Context>,
): void {
  const definition = grpcService(service)
  const handlers = service.methods.map(({ localName, methodKind }): [string, UntypedHandleCall] => {
    const read = definition[localName]?.requestDeserialize as (bytes: Buffer) => unknown
    const run = (runs as Readonly<Record<string, unknown>>)[localName]
    const rpc = operationOf(localName)
    if (methodKind === 'server_streaming')
      return [localName, serverStreaming(rpc, run as StreamRun<unknown, unknown, Context>, read, parts)]
    return [localName, unary(rpc, run as Run<unknown, unknown, Context>, read, parts)]
  })
  server.addService(unread(definition), Object.fromEntries(handlers))
}

/** The handlers read the messages, so that one that can't be read is counted and answered like every other error. */
const unread = (definition: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [name, { ...method, requestDeserialize: asIs }]),
  )
