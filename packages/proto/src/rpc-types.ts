// What the RPCs of a service take and return.
import type { DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf'

/** The names of the RPCs of a service, in lower camel case. */
export type RpcName<S extends DescService> = keyof S['method'] & string

/** A request as it was received. */
export type RpcRequest<S extends DescService, M extends RpcName<S>> = MessageShape<S['method'][M]['input']>

/** A request to send. Fields can be omitted. */
export type RpcRequestInit<S extends DescService, M extends RpcName<S>> = MessageInitShape<S['method'][M]['input']>

/** A response as it was received. */
export type RpcResponse<S extends DescService, M extends RpcName<S>> = MessageShape<S['method'][M]['output']>

/** A response to send. Fields can be omitted. */
export type RpcResponseInit<S extends DescService, M extends RpcName<S>> = MessageInitShape<S['method'][M]['output']>
