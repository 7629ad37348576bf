// The RPCs of AuthService: what each is called in GraphQL, and whose limits it has.
import type { AuthService } from '@postern/proto/auth'
import type { RpcName, RpcRequest, RpcResponseInit } from '@postern/proto/rpc-types'
import type { Operation, Run as RunOf, Runs as RunsOf } from '@postern/service/grpc/rpc'
import type { GraphQLContext } from '../resolvers/context.js'

type Auth = typeof AuthService

export type AuthRpc = RpcName<Auth>

export type Request<M extends AuthRpc> = RpcRequest<Auth, M>
export type Response<M extends AuthRpc> = RpcResponseInit<Auth, M>

export type Run<M extends AuthRpc> = RunOf<Request<M>, Response<M>, GraphQLContext>

export type Runs = RunsOf<Auth, GraphQLContext>

/**
 * The operation of each RPC, by which calls through both doors share their limits and have one name in the log. A service validates
 * the tokens of all its users from one address, so that is not counted.
 */
export const OPERATIONS: Readonly<Record<AuthRpc, Operation>> = {
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
