// No Postern: handlers of @grpc/grpc-js that do only what the calls can't do without, with one read of Redis each.
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall, status } from '@grpc/grpc-js'
import { createVerifier } from 'fast-jwt'
import { UserRole, UsernameUnavailableReason } from '@postern/proto/auth'
import { definition, enumValue, timestamp } from './grpc-messages.ts'
import { createRead } from './one-read.ts'

interface Claims {
  sub: string
  sid: string
  jti: string
  iat: number
  exp: number
  auth_time: number
  amr: string[]
  acr: string
}

const read = createRead()
/** With its cache: a token is verified once. */
const verify = createVerifier({
  ...{ key: process.env['JWT_SECRET'] ?? '', algorithms: ['HS256'], cache: 10_000 },
  ...{ allowedIss: 'postern', allowedAud: 'postern' },
}) as (token: string) => Claims

const user = enumValue(UserRole, 'USER', 'USER_ROLE')
const taken = enumValue(UsernameUnavailableReason, 'TAKEN', 'USERNAME_UNAVAILABLE_REASON')

function claimsOf(token: string): Claims | null {
  try {
    return verify(token)
  } catch {
    return null
  }
}

async function validateToken({ token }: { token: string }): Promise<object> {
  const claims = claimsOf(token)
  if (claims === null || (await read(`blacklist:${claims.jti}`)) !== null) return { valid: false }
  return {
    valid: true,
    userId: claims.sub,
    sessionId: claims.sid,
    tokenId: claims.jti,
    roles: [user],
    issuedAt: timestamp(claims.iat),
    expiresAt: timestamp(claims.exp),
    authenticatedAt: timestamp(claims.auth_time),
    amr: claims.amr,
    acr: claims.acr,
  }
}

async function checkUsernameAvailability({ username }: { username: string }): Promise<object> {
  const isTaken =
    /^[a-zA-Z0-9_-]{3,30}$/.test(username) && (await read(`username_exists:${username.toLowerCase()}`)) !== null
  return isTaken
    ? { available: false, username, reason: taken, message: 'This username is taken.' }
    : { available: true, username, message: 'This username is available.' }
}

const created = timestamp(1_700_000_000)
/** Of everyone. */
const profile = {
  user: {
    ...{
      id: '01900000-0000-7000-8000-000000000001',
      email: 'person@example.com',
      username: 'person',
      firstName: 'Ada',
    },
    ...{ role: user, isEmailVerified: true, termsAccepted: true },
    ...{ lastLoginAt: created, createdAt: created, updatedAt: created },
  },
}

const answering =
  <Request>(answer: (request: Request) => Promise<object>) =>
  ({ request }: ServerUnaryCall<Request, object>, respond: sendUnaryData<object>): void => {
    answer(request).then(
      (response) => respond(null, response),
      (error: unknown) => respond({ code: status.UNAVAILABLE, details: String(error) }),
    )
  }

const server = new Server()
server.addService(definition(), {
  validateToken: answering(validateToken),
  checkUsernameAvailability: answering(checkUsernameAvailability),
  getUserProfile: answering(() => Promise.resolve(profile)),
})
const address = `127.0.0.1:${process.env['PORT'] ?? ''}`
server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error
})
