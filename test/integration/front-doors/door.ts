// What the scenarios can do, whatever the protocol, and in which form they get the outcome.
import type { FieldProblem } from '@postern/contract/errors'

/** The operations that every door has, by the names of their RPCs. */
export type OperationName =
  | 'register'
  | 'login'
  | 'verifyMfa'
  | 'validateToken'
  | 'refreshToken'
  | 'logout'
  | 'getUserProfile'
  | 'updateUserProfile'
  | 'checkUsernameAvailability'
  | 'initiateOAuth'
  | 'completeOAuth'
  | 'healthCheck'

/** Values by the names that they have in JSON. In `updateUserProfile`, null clears a field. */
export type Input = Readonly<Record<string, unknown>>

export interface Refusal {
  code: string
  message: string
  /** INVALID_CREDENTIALS and the like. */
  reason: string | undefined
  fields: FieldProblem[]
  retryAfter: number | undefined
  /** What a client needs to continue: `challenge`. */
  details: Record<string, unknown>
}

export interface Outcome {
  data: Record<string, any> | null
  refusal: Refusal | null
  /** In the audit log. */
  requestId: string
}

export interface Door {
  readonly name: string
  call(operation: OperationName, input: Input, token?: string): Promise<Outcome>
  close(): void
}

/** What every door sends, and the audit log must have: the program of the person, and where they are by a trusted proxy. */
export const USER_AGENT = 'front-doors-test'
export const ADDRESS = '203.0.113.7'
