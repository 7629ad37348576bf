// Who calls an RPC: a user, or another service. And whose data they may act on.
import { ServiceError } from '../errors.js'

/** A signed-in user. */
export interface UserCaller {
  readonly kind: 'user'
  readonly userId: string
  readonly sessionId: string
  readonly roles: readonly string[]
  /** How the user has proved who they are (RFC 8176): `pwd`, `otp`, `mfa` … */
  readonly amr: readonly string[]
  /** When they last have. Null if the token does not say. */
  readonly authTime: Date | null
}

/** A service with a key of SERVICE_KEYS. It may act for every user. */
export interface ServiceCaller {
  readonly kind: 'service'
  readonly name: string
}

export type Caller = UserCaller | ServiceCaller

const isAdmin = ({ roles }: UserCaller): boolean => roles.includes('ADMIN')

/** The user that a service acts for. Throws INVALID_INPUT if it names none. */
function namedBy(userId: string | undefined): string {
  if (userId !== undefined && userId !== '') return userId
  const message = 'User id is required: a service says for which user it calls.'
  throw new ServiceError('INVALID_INPUT', { fields: [{ path: 'userId', message, code: 'INVALID_INPUT' }] })
}

/** Throws FORBIDDEN. */
function ownId(caller: UserCaller, userId: string | undefined, mayActForOthers: boolean): string {
  if (userId === undefined || userId === '' || userId === caller.userId) return caller.userId
  if (mayActForOthers) return userId
  throw new ServiceError('FORBIDDEN')
}

/**
 * Returns whose data the call is about. `userId`: what the request says, if anything. Users act on their own data only, and services
 * on anyone's. Throws FORBIDDEN, and INVALID_INPUT for a service that names no user.
 */
export const actingFor = (caller: Caller, userId: string | undefined): string =>
  caller.kind === 'service' ? namedBy(userId) : ownId(caller, userId, false)

/** The same for an RPC that only reads: administrators may read the data of others. */
export const readingFor = (caller: Caller, userId: string | undefined): string =>
  caller.kind === 'service' ? namedBy(userId) : ownId(caller, userId, isAdmin(caller))

/** For RPCs that only services may call. Throws FORBIDDEN. */
export function requireService(caller: Caller): ServiceCaller {
  if (caller.kind === 'service') return caller
  throw new ServiceError('FORBIDDEN', { message: 'Only services may do this.' })
}

/** For RPCs of administrators. Services may call them too. Throws FORBIDDEN. */
export function requireAdmin(caller: Caller): Caller {
  if (caller.kind === 'service' || isAdmin(caller)) return caller
  throw new ServiceError('FORBIDDEN')
}
