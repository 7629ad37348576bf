// The RPCs of AuthService: what each is called in GraphQL, whose limits it has, and what runs it.
import type { AuthService } from '@postern/proto/auth'
import type { RpcName, RpcRequest, RpcResponseInit } from '@postern/proto/rpc-types'
import type { GraphQLContext } from '../resolvers/context.js'
import type { IncomingCall } from './metadata.js'

type Auth = typeof AuthService

export type AuthRpc = RpcName<Auth>

export type Request<M extends AuthRpc> = RpcRequest<Auth, M>
export type Response<M extends AuthRpc> = RpcResponseInit<Auth, M>

/** Returns no promise if it need not wait. */
export type Run<M extends AuthRpc> = (
  request: Request<M>,
  context: GraphQLContext,
  call: IncomingCall,
) => Response<M> | Promise<Response<M>>

export type Runs = { readonly [M in AuthRpc]: Run<M> }

/**
 * The operation of each RPC, by which calls through both doors share their limits and have one name in the log. `isCounted`:
 * whether the limit of all operations of an address counts it. A service validates the tokens of all its users from one address.
 */
export const OPERATIONS: Readonly<Record<AuthRpc, { operation: string; isCounted: boolean }>> = {
  register: { operation: 'register', isCounted: true },
  login: { operation: 'login', isCounted: true },
  verifyMfa: { operation: 'verifyMfa', isCounted: true },
  validateToken: { operation: 'validateToken', isCounted: false },
  refreshToken: { operation: 'refreshToken', isCounted: true },
  logout: { operation: 'logout', isCounted: true },
  listSessions: { operation: 'sessions', isCounted: true },
  getUserProfile: { operation: 'profile', isCounted: true },
  updateUserProfile: { operation: 'updateProfile', isCounted: true },
  checkUsernameAvailability: { operation: 'checkUsernameAvailability', isCounted: true },
  initiateOAuth: { operation: 'initiateOAuth', isCounted: true },
  completeOAuth: { operation: 'completeOAuth', isCounted: true },
  healthCheck: { operation: 'healthCheck', isCounted: false },
}
