/**
 * Two-step verification, and proofs of who the user is: for MFA_REQUIRED and REAUTHENTICATION_REQUIRED.
 *
 * @packageDocumentation
 */
import { field } from './answer.js'
import type { Client } from './client.js'
import { VERIFY_MFA } from './documents.js'
import type { EnableMfaResponse, MfaEnrollment, MfaState, RefreshTokenResponse, User } from './generated/schema.js'
import { type Internals, internalsOf } from './internals.js'

export type { MfaEnrollment, MfaState } from './generated/schema.js'

/** The second step of a sign-in. */
export interface SecondStep {
  /** Of the PosternError with the code MFA_REQUIRED. */
  readonly challenge: string
  /** 6 digits of the authenticator app, or a recovery code. */
  readonly code: string
  /** Whether sign-ins on this device need no code for 30 days. */
  readonly trustDevice?: boolean | undefined
}

/** A password, or a code where two-step verification is on. */
export type Proof = { readonly password: string } | { readonly code: string }

const TOKENS = 'token refreshToken deviceToken expiresAt'

function sessionOf(client: Client): Internals['session'] {
  const internals = internalsOf(client)
  if (!internals) throw new TypeError('This is not a client of createClient.')
  return internals.session
}

/**
 * Completes a sign-in that was refused with MFA_REQUIRED. Rejects with INVALID_CODE, and with UNAUTHENTICATED if the challenge
 * is over: then sign in again.
 *
 * @example
 * ```ts
 * import { createClient, PosternError } from '@postern/client'
 * import { verifyMfa } from '@postern/client/mfa'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 * try {
 *   await client.login({ email: 'ada@example.com', password: 'correct horse' })
 * } catch (error) {
 *   if (!(error instanceof PosternError) || error.challenge === undefined) throw error
 *   await verifyMfa(client, { challenge: error.challenge, code: '123456' })
 * }
 * ```
 */
export const verifyMfa = (client: Client, step: SecondStep): Promise<User> => sessionOf(client).begin(VERIFY_MFA, step)

/**
 * Proves again who the user is, for an operation that was refused with REAUTHENTICATION_REQUIRED: call that once more. The
 * session continues with new tokens. Rejects with INVALID_CODE, and with INVALID_INPUT that names the field.
 *
 * @example
 * ```ts
 * import type { Client } from '@postern/client'
 * import { reauthenticate, startMfaEnrollment } from '@postern/client/mfa'
 *
 * async function begin(client: Client, password: string) {
 *   await reauthenticate(client, { password })
 *   return startMfaEnrollment(client)
 * }
 * ```
 */
export async function reauthenticate(client: Client, proof: Proof): Promise<void> {
  const session = sessionOf(client)
  const document = `mutation($input:ReauthenticateInput!){updatePassword:reauthenticate(input:$input){${TOKENS}}}`
  await session.renew(document, { input: { ...proof, deviceToken: session.deviceToken() } })
}

/** The two-step verification of the signed-in user. */
export const mfaState = async (client: Client): Promise<MfaState> =>
  field(
    await sessionOf(client).signedCall({ document: '{mfa{isEnabled enabledAt recoveryCodesLeft isRequired}}' }),
    'mfa',
  ) as MfaState

/**
 * Starts to set up an authenticator app: show its `uri` as a QR code, drawn in the page, and `secret` as text. Then call
 * {@link enableMfa}. Rejects with REAUTHENTICATION_REQUIRED.
 */
export const startMfaEnrollment = async (client: Client): Promise<MfaEnrollment> =>
  field(
    await sessionOf(client).signedCall({ document: 'mutation{startMfaEnrollment{secret uri enrollment expiresAt}}' }),
    'startMfaEnrollment',
  ) as MfaEnrollment

/**
 * Turns two-step verification on, with the first code of the app. Resolves to the recovery codes, which the service shows only
 * now. Ends all other sessions. Rejects with INVALID_CODE and REAUTHENTICATION_REQUIRED.
 */
export async function enableMfa(client: Client, input: { enrollment: string; code: string }): Promise<string[]> {
  const document = `mutation($input:EnableMfaInput!){updatePassword:enableMfa(input:$input){recoveryCodes ${TOKENS}}}`
  return (await sessionOf(client).renew<EnableMfaResponse>(document, { input })).recoveryCodes
}

/** Turns two-step verification off. Ends all other sessions. Rejects with REAUTHENTICATION_REQUIRED and FORBIDDEN. */
export async function disableMfa(client: Client): Promise<void> {
  await sessionOf(client).renew<RefreshTokenResponse>(`mutation{updatePassword:disableMfa{${TOKENS}}}`, {})
}

/** Ten new recovery codes, which replace the earlier ones. Rejects with REAUTHENTICATION_REQUIRED. */
export const replaceRecoveryCodes = async (client: Client): Promise<string[]> =>
  field(
    await sessionOf(client).signedCall({ document: 'mutation{replaceRecoveryCodes}' }),
    'replaceRecoveryCodes',
  ) as string[]
