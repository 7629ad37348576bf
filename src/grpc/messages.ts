// Writes what services return as messages: users, sessions, and the tokens of sign-ins.
import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { type SessionSchema, UserRole, type UserSchema } from '@postern/proto/auth'
import type { AccountServices, Profile } from '../services/accounts/index.js'
import type { IssuedSession, SessionService } from '../services/sessions/index.js'

type UserMessage = MessageInitShape<typeof UserSchema>

export type WriteUser = (user: Profile) => UserMessage

/** Null is absent. */
const maybe = <T>(value: T | null): T | undefined => value ?? undefined
const time = (value: Date | null) => (value === null ? undefined : timestampFromDate(value))

export const roleOf = (role: string): UserRole =>
  role === 'ADMIN' ? UserRole.ADMIN : role === 'USER' ? UserRole.USER : UserRole.UNSPECIFIED

function addressOf({ streetName, city, state, zipCode, country }: Profile): UserMessage['address'] {
  if ([streetName, city, state, zipCode, country].every((part) => part === null)) return undefined
  return {
    streetName: maybe(streetName),
    city: maybe(city),
    state: maybe(state),
    zipCode: maybe(zipCode),
    country: maybe(country),
  }
}

export const createUserWriter =
  ({ terms }: Pick<AccountServices, 'terms'>): WriteUser =>
  (user) => ({
    id: user.id,
    email: user.email,
    username: maybe(user.username),
    firstName: maybe(user.firstName),
    lastName: maybe(user.lastName),
    phoneNumber: maybe(user.phoneNumber),
    address: addressOf(user),
    role: roleOf(user.role),
    isEmailVerified: user.emailVerifiedAt !== null,
    marketingOptIn: user.marketingOptIn,
    termsAcceptedAt: time(user.termsAcceptedAt),
    termsAccepted: terms.areAccepted(user),
    lastLoginAt: time(user.lastLoginAt),
    createdAt: timestampFromDate(user.createdAt),
    updatedAt: timestampFromDate(user.updatedAt),
  })

/** The tokens of a session that was started or refreshed. */
export const tokensOf = ({ token, tokenType, refreshToken, expiresAt }: IssuedSession) => ({
  ...{ token, tokenType, refreshToken },
  expiresAt: timestampFromDate(expiresAt),
})

type ListedSession = Awaited<ReturnType<SessionService['list']>>[number]

export const writeSession = ({
  id,
  createdAt,
  lastUsedAt,
  expiresAt,
  ipAddress,
  userAgent,
  current,
}: ListedSession): MessageInitShape<typeof SessionSchema> => ({
  ...{ id, current, ipAddress: maybe(ipAddress), userAgent: maybe(userAgent) },
  createdAt: timestampFromDate(createdAt),
  lastUsedAt: timestampFromDate(lastUsedAt),
  expiresAt: timestampFromDate(expiresAt),
})
