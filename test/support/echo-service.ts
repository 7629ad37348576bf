// A gRPC service that returns each request as its response: with all kinds of fields, and routes of all kinds.
import { create, createFileRegistry, createRegistry, type DescService, fromJson } from '@bufbuild/protobuf'
import {
  file_google_protobuf_field_mask,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import {
  type Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js'
import { access, cache } from '../../packages/proto/src/common.js'
import { http } from '../../packages/proto/src/http-rules.js'

const OPTIONAL = 'LABEL_OPTIONAL'

const field = (number: number, name: string, type: string, more: object = {}) => ({
  ...{ number, name, label: OPTIONAL, type: `TYPE_${type}` },
  jsonName: name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
  ...more,
})

const message = (number: number, name: string, typeName: string, more: object = {}) =>
  field(number, name, 'MESSAGE', { typeName, ...more })

const ECHO = {
  name: 'Echo',
  field: [
    field(1, 'name', 'STRING'),
    field(2, 'count', 'INT32'),
    field(3, 'tags', 'STRING', { label: 'LABEL_REPEATED' }),
    field(4, 'color', 'ENUM', { typeName: '.test.Color' }),
    message(5, 'nested', '.test.Nested'),
    message(6, 'created_at', '.google.protobuf.Timestamp'),
    message(7, 'wrapped', '.google.protobuf.BoolValue'),
    field(8, 'data', 'BYTES'),
    field(9, 'ratio', 'DOUBLE'),
    field(10, 'flag', 'BOOL'),
    field(11, 'big', 'INT64'),
    message(12, 'update_mask', '.google.protobuf.FieldMask'),
    message(13, 'list', '.test.Nested', { label: 'LABEL_REPEATED' }),
    field(14, 'note', 'STRING', { proto3Optional: true, oneofIndex: 0 }),
  ],
  oneofDecl: [{ name: '_note' }],
}

const NESTED = {
  name: 'Nested',
  field: [
    field(1, 'city', 'STRING', { proto3Optional: true, oneofIndex: 0 }),
    message(2, 'inner', '.test.Nested'),
    field(3, 'zip_code', 'STRING'),
  ],
  oneofDecl: [{ name: '_city' }],
}

const COLOR = {
  name: 'Color',
  value: ['COLOR_UNSPECIFIED', 'COLOR_RED', 'COLOR_BLUE'].map((name, number) => ({ name, number })),
}

/** The rules of google.api.http, by the name of the RPC. */
export type Rules = Readonly<Record<string, object | null>>

export const RULES = {
  Get: { get: '/echo/{name}', additionalBindings: [{ get: '/v2/echo/{name}' }] },
  Post: { post: '/echo', body: '*' },
  Replace: { put: '/echo/{name}', body: '*' },
  Change: { patch: '/echo', body: '*', additionalBindings: [{ patch: '/echo/{name}', body: '*' }] },
  Nest: { post: '/echo/{name}/nested', body: 'nested' },
  City: { get: '/cities/{nested.city}/{nested.zip_code}', responseBody: 'nested' },
  File: { get: '/files/{name=**}' },
  Shelf: { get: '/{name=shelves/*}:open' },
  Hidden: null,
} as const satisfies Rules

const method = (name: string, rule: object | null, isPublic: boolean, options: object = {}) => ({
  ...{ name, inputType: '.test.Echo', outputType: '.test.Echo' },
  options: {
    ...(rule && { '[google.api.http]': rule }),
    ...(isPublic && { '[postern.common.v1.access]': 'ACCESS_PUBLIC' }),
    ...options,
  },
})

/** Its RPCs are public, except those whose names start with `Private`. `options`: more of them, by the name of the RPC. */
export function echoService(rules: Rules = RULES, options: Rules = {}): DescService {
  const methods = Object.entries(rules).map(([name, rule]) =>
    method(name, rule, !name.startsWith('Private'), options[name] ?? {}),
  )
  const dependencies = [file_google_protobuf_timestamp, file_google_protobuf_wrappers, file_google_protobuf_field_mask]
  const file = fromJson(
    FileDescriptorProtoSchema,
    {
      ...{ name: 'test/echo.proto', package: 'test', syntax: 'proto3' },
      dependency: dependencies.map(({ proto }) => proto.name),
      messageType: [ECHO, NESTED],
      enumType: [COLOR],
      service: [{ name: 'EchoService', method: methods }],
    } as never,
    { registry: createRegistry(http, access, cache) },
  )
  const set = create(FileDescriptorSetSchema, { file: [...dependencies.map(({ proto }) => proto), file] })
  const service = createFileRegistry(set).getService('test.EchoService')
  if (!service) throw new Error('the descriptor has no service')
  return service
}

export interface EchoServer {
  /** As gRPC names it. */
  readonly target: string
  /** The metadata of the last call. */
  readonly metadata: () => Metadata
  /** The number of calls so far. */
  readonly calls: () => number
  /** Does not answer the next call. Resolves with its time limit when its caller has canceled it. */
  hold: () => Promise<{ deadline: number }>
  /** What the next call fails with. */
  failWith: (error: Partial<ServiceError>) => void
  /** The message that the next call gets instead of its own. */
  answerWith: (message: Buffer) => void
  stop(): void
}

/** Less than the gateway takes. */
export const MAX_ECHO_BYTES = 90_000

const asIs = (bytes: Buffer): Buffer => bytes

export async function startEchoServer(
  service: DescService,
  credentials = ServerCredentials.createInsecure(),
): Promise<EchoServer> {
  let [last, failure, calls]: [Metadata | null, Partial<ServiceError> | null, number] = [null, null, 0]
  let answer: Buffer | null = null
  let held: ((call: { deadline: number }) => void) | null = null
  const server = new Server({ 'grpc.max_receive_message_length': MAX_ECHO_BYTES })
  server.addService(
    Object.fromEntries(
      service.methods.map(({ name }) => [
        name,
        {
          path: `/${service.typeName}/${name}`,
          ...{ requestStream: false, responseStream: false },
          ...{ requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs },
        },
      ]),
    ),
    Object.fromEntries(
      service.methods.map(({ name }) => [
        name,
        (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => {
          last = call.metadata
          calls++
          if (held) {
            const release = held
            held = null
            return void call.on('cancelled', () => release({ deadline: Number(call.getDeadline()) }))
          }
          const error = failure
          failure = null
          if (error) respond(error)
          else {
            respond(null, answer ?? call.request)
            answer = null
          }
        },
      ]),
    ),
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)))
  })
  return {
    target: `127.0.0.1:${port}`,
    metadata() {
      if (!last) throw new Error('nothing has called yet')
      return last
    },
    calls: () => calls,
    hold: () => new Promise((resolve) => (held = resolve)),
    failWith(error) {
      failure = error
    },
    answerWith(message) {
      answer = message
    },
    stop: () => server.forceShutdown(),
  }
}
