// The messages of AuthService for the bare programs, by the library that the variable MESSAGES names.
import type { DescMethod } from '@bufbuild/protobuf'
import { fileURLToPath } from 'node:url'
import type { ServiceDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { AuthService } from '@postern/proto/auth'
import { grpcService } from '@postern/proto/grpc-service'

const FOLDER = fileURLToPath(new URL('../../proto', import.meta.url))
const FILE = 'postern/auth/v1/auth.proto'
/** As most programs that load protos at their start: messages are objects that JSON can have. */
const OPTIONS = { includeDirs: [FOLDER], longs: Number, enums: String, defaults: true, oneofs: true }

export const usesProtobufEs = process.env['MESSAGES'] !== 'proto-loader'

/** By the names of the RPCs in lower camel case. */
export function definition(): ServiceDefinition {
  if (usesProtobufEs) return grpcService(AuthService)
  const loaded = loadSync(FILE, OPTIONS)[AuthService.typeName] as ServiceDefinition
  const named = AuthService.methods.map(({ name, localName }: DescMethod) => [localName, loaded[name]!] as const)
  return Object.fromEntries(named)
}

/** A google.protobuf.Timestamp of Unix seconds. */
export const timestamp = (seconds: number) => ({ seconds: usesProtobufEs ? BigInt(seconds) : seconds, nanos: 0 })

/** The value of an enum. */
export const enumValue = <E extends Record<string, string | number>>(all: E, name: keyof E & string, prefix: string) =>
  usesProtobufEs ? all[name]! : `${prefix}_${name}`
