// An RPC that requests call, and who may do so.
import { type DescMethod, getOption } from '@bufbuild/protobuf'
import { Access, access } from '@postern/proto/common'

/** What a request calls: an RPC, or a route of the gateway itself. */
export interface Operation {
  /** For limits, logs and metrics: the name of the RPC, such as `Login`, or that of the route, such as `overview`. */
  readonly name: string
  readonly access: 'public' | 'signed-in' | 'admin'
}

export interface Rpc {
  /** Of the service that is called: `auth`. */
  readonly service: string
  readonly method: DescMethod
}

/** Whether only services call it, which the gateway is not. */
export const isForServices = (method: DescMethod): boolean => getOption(method, access) === Access.SERVICES

/** Only signed-in users may call an RPC, unless its option says otherwise. */
export const operationOf = (method: DescMethod): Operation => ({
  name: method.name,
  access: getOption(method, access) === Access.PUBLIC ? 'public' : 'signed-in',
})
