// Makes the services of gRPC from the RPCs: postern.auth.v1.AuthService, and the same under the name auth.AuthService.
import type { Server, ServiceDefinition, UntypedHandleCall } from '@grpc/grpc-js'
import { AuthService } from '@postern/proto/auth'
import { AuthServiceAlias } from '@postern/proto/auth-alias'
import { grpcService } from '@postern/proto/grpc-service'
import type { AuthRpc, Runs } from './rpc.js'
import { unary, type UnaryParts } from './unary.js'

export const AUTH_SERVICES = [AuthService, AuthServiceAlias] as const

const asIs = (bytes: Buffer): Buffer => bytes

export function addAuthServices(server: Server, runs: Runs, parts: UnaryParts): void {
  for (const service of AUTH_SERVICES) {
    const definition = grpcService(service)
    const handlers = Object.keys(runs).map((name) => [name, handlerOf(name as AuthRpc, definition, runs, parts)])
    server.addService(unread(definition), Object.fromEntries(handlers) as Record<string, UntypedHandleCall>)
  }
}

function handlerOf(name: AuthRpc, definition: ServiceDefinition, runs: Runs, parts: UnaryParts): UntypedHandleCall {
  const read = definition[name]?.requestDeserialize as (bytes: Buffer) => never
  return unary(name, runs[name] as never, read, parts)
}

/** The handlers read the messages, so that one that can't be read is counted and answered like every other error. */
const unread = (definition: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [name, { ...method, requestDeserialize: asIs }]),
  )
