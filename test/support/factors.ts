import { Secret, TOTP } from 'otpauth'
import type { SignedIn } from './client.js'
import type { Instance, Service } from './service.js'

/** A user with an authenticator app, signed in with it. */
export interface WithApp extends SignedIn {
  secret: string
  recoveryCodes: string[]
}

const START = 'mutation { startMfaEnrollment { secret uri enrollment expiresAt } }'
const ENABLE = `mutation ($input: EnableMfaInput!) {
  enableMfa(input: $input) { recoveryCodes token refreshToken deviceToken expiresAt } }`
export const LOGIN_DEVICE =
  'mutation ($input: LoginInput!) { login(input: $input) { token refreshToken deviceToken user { id } } }'
export const VERIFY = `mutation ($input: VerifyMfaInput!) {
  verifyMfa(input: $input) { token refreshToken deviceToken userId user { id } } }`
export const REAUTHENTICATE =
  'mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { token refreshToken } }'
export const PROFILE = '{ profile { id } }'

/** What an app shows `steps` of 30 seconds from now. */
export const appCode = (secret: string, steps = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 })

export const wrongOf = (code: string): string => String((Number(code) + 500_000) % 1_000_000).padStart(6, '0')

export const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, any>

/** As if the user had typed the code of a mail. */
export const verifyAddress = (service: Pick<Service, 'database'>, { id }: { id: string }) =>
  service.database.query('UPDATE users SET email_verified_at = UTC_TIMESTAMP(3) WHERE id = ?', [id])

/** Also one that runs as a process, with its database. */
type WithDatabase = Pick<Service, 'database' | 'succeed'>

export async function startEnrollment(service: WithDatabase, user: SignedIn) {
  await verifyAddress(service, user)
  const { startMfaEnrollment } = await service.succeed(START, {}, user.token)
  return startMfaEnrollment as { secret: string; uri: string; enrollment: string }
}

/** Turns two-step verification on. Every code of the app can be used, also the one of now. */
export async function addApp(service: WithDatabase, user: SignedIn): Promise<WithApp> {
  const { secret, enrollment } = await startEnrollment(service, user)
  const { enableMfa } = await service.succeed(ENABLE, { input: { enrollment, code: appCode(secret) } }, user.token)
  await forgetSteps(service, user)
  return { ...user, ...enableMfa, secret }
}

/** Makes every code usable again, as if time had passed. */
export const forgetSteps = (service: Pick<Service, 'database'>, { id }: { id: string }) =>
  service.database.query("UPDATE credentials SET updated_at = '2020-01-01' WHERE kind = 'TOTP' AND identifier = ?", [
    id,
  ])

/** The challenge of a login with the password alone. */
export async function challengeOf(
  service: Pick<Instance, 'graphql'>,
  { email, password }: Pick<SignedIn, 'email' | 'password'>,
): Promise<string> {
  const answer = await service.graphql(LOGIN_DEVICE, { input: { email, password } })
  const { code, challenge } = answer.errors[0]!.extensions as { code: string; challenge?: string }
  if (code !== 'MFA_REQUIRED' || challenge === undefined) throw new Error(`The login answered ${code}`)
  return challenge
}

/** Moves the last proof of a session into the past, in its row and in a new token. */
export async function ageProof(service: Service, user: Pick<SignedIn, 'refreshToken'>, seconds: number) {
  await service.database.query(
    'UPDATE sessions SET auth_time = COALESCE(auth_time, created_at) - INTERVAL ? SECOND WHERE id = ?',
    [seconds, user.refreshToken.split('.')[0]],
  )
  const refresh = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }'
  const { refreshToken } = await service.succeed(refresh, { token: user.refreshToken })
  return refreshToken as { token: string; refreshToken: string }
}
