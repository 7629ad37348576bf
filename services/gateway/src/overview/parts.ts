// What GET /me/overview consists of. A new part is one entry here.
import { create, type DescMethod, type JsonObject, toBinary } from '@bufbuild/protobuf'
import { bearerToken, dpopToken, usesDpop } from '@postern/contract/bearer'
import {
  AuthService,
  GetUserProfileRequestSchema,
  ListSessionsRequestSchema,
  ValidateTokenRequestSchema,
} from '@postern/proto/auth'
import { ConsentService, ListConsentsRequestSchema } from '@postern/proto/consent'
import { ListNotificationsRequestSchema, NotificationService } from '@postern/proto/notification'
import type { FastifyRequest } from 'fastify'

export interface Part {
  /** Its member of the response. */
  readonly name: string
  readonly service: string
  readonly method: DescMethod
  /** The encoded request. */
  readonly message: (request: FastifyRequest) => Uint8Array
  /** The part, from the JSON of the response. Null if the service has nothing for this caller. */
  readonly read: (response: JsonObject) => unknown
  /** Whether this request can have the part. If not, it is null. By default, every request can. */
  readonly isFor?: (request: FastifyRequest) => boolean
  /** How long the other parts wait for it. */
  readonly timeoutMs: number
}

const tokenOf = ({ headers: { authorization } }: FastifyRequest): string =>
  bearerToken(authorization) ?? dpopToken(authorization) ?? ''

/** A DPoP proof works for one call, which is that of the profile. */
const isBearer = ({ headers: { authorization } }: FastifyRequest): boolean => !usesDpop(authorization)

/** The count comes with a page. */
const ONE = { pagination: { pageSize: 1 } }

export const parts: readonly Part[] = [
  {
    name: 'profile',
    service: 'auth',
    method: AuthService.method.getUserProfile,
    message: () => toBinary(GetUserProfileRequestSchema, create(GetUserProfileRequestSchema)),
    read: ({ user }) => user,
    timeoutMs: 3000,
  },
  {
    // The session of the request: how and when the person signed in, and until when the token is valid.
    name: 'session',
    service: 'auth',
    method: AuthService.method.validateToken,
    message: (request) =>
      toBinary(ValidateTokenRequestSchema, create(ValidateTokenRequestSchema, { token: tokenOf(request) })),
    read: ({ valid, userId: _userId, ...session }) => (valid === true ? session : null),
    timeoutMs: 2000,
  },
  {
    name: 'sessions',
    service: 'auth',
    method: AuthService.method.listSessions,
    message: () => toBinary(ListSessionsRequestSchema, create(ListSessionsRequestSchema)),
    read: ({ sessions }) => sessions,
    isFor: isBearer,
    timeoutMs: 3000,
  },
  {
    name: 'consents',
    service: 'consent',
    method: ConsentService.method.listConsents,
    message: () => toBinary(ListConsentsRequestSchema, create(ListConsentsRequestSchema)),
    read: ({ consents }) => consents,
    isFor: isBearer,
    timeoutMs: 2000,
  },
  {
    name: 'unreadNotifications',
    service: 'notification',
    method: NotificationService.method.listNotifications,
    message: () => toBinary(ListNotificationsRequestSchema, create(ListNotificationsRequestSchema, ONE)),
    read: ({ unreadCount }) => unreadCount,
    isFor: isBearer,
    timeoutMs: 2000,
  },
]
