// What the clients of a gRPC server say.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  CheckUsernameAvailabilityRequestSchema,
  CheckUsernameAvailabilityResponseSchema,
  GetUserProfileResponseSchema,
  UsernameUnavailableReason,
  ValidateTokenRequestSchema,
  ValidateTokenResponseSchema,
} from '@postern/proto/auth'
import { grpcMessage, messageIn } from '../load/grpc/connection.ts'
import { insertSessions } from '../stage/access-tokens.ts'
import { idOf } from '../stage/schemas.ts'
import type { Talks } from './postern.ts'

const USERS_PER_LINE = 8

const validation = (token: string) =>
  grpcMessage(toBinary(ValidateTokenRequestSchema, create(ValidateTokenRequestSchema, { token })))
const check = (username: string) =>
  grpcMessage(
    toBinary(CheckUsernameAvailabilityRequestSchema, create(CheckUsernameAvailabilityRequestSchema, { username })),
  )

/** Is this token valid: each line for users of its own, in turns. */
export const validations =
  (lines: number): Talks =>
  async ({ stage, build }) => {
    const tokens = await insertSessions(build.data.database, lines * USERS_PER_LINE, stage.secrets.JWT_SECRET)
    return Array.from({ length: lines }, (_, line) => {
      const own = Array.from({ length: USERS_PER_LINE }, (_, n) => {
        const user = line * USERS_PER_LINE + n
        return { id: idOf(user + 1), bytes: validation(tokens[user]!) }
      })
      let last = -1
      return {
        request: () => own[++last % own.length]!.bytes,
        read(body) {
          const { valid, userId } = fromBinary(ValidateTokenResponseSchema, messageIn(body))
          const { id } = own[last % own.length]!
          if (!valid || userId !== id) throw new Error(`A token of ${id} was ${valid ? `one of ${userId}` : 'invalid'}`)
        },
      }
    })
  }

/** Checks of taken usernames, in turns. */
export const takenChecks =
  (lines: number, names: readonly string[]): Talks =>
  () => {
    const messages = names.map((name) => check(name))
    let next = 0
    const talk = () => {
      let asked = 0
      return {
        request() {
          asked = next++ % names.length
          return messages[asked]!
        },
        read(body: string) {
          const answer = fromBinary(CheckUsernameAvailabilityResponseSchema, messageIn(body))
          const { available, username, reason } = answer
          if (available || username !== names[asked] || reason !== UsernameUnavailableReason.TAKEN)
            throw new Error(`The check of ${names[asked]} answered ${JSON.stringify(answer)}`)
        },
      }
    }
    return Promise.resolve(Array.from({ length: lines }, talk))
  }

/** Reads a profile, whose token is in the metadata of the connection. */
export const profileReads = (lines: number, id: string) => {
  const request = grpcMessage(new Uint8Array())
  return Array.from({ length: lines }, () => ({
    request: () => request,
    read(body: string) {
      const { user } = fromBinary(GetUserProfileResponseSchema, messageIn(body))
      if (user?.id !== id) throw new Error(`The profile of ${id} was ${JSON.stringify(user?.id)}`)
    },
  }))
}
