import { createChallenges, type Purpose } from '../../src/services/passkeys/challenges.js'
import { type Authenticator, createAuthenticator, type Said } from './authenticator.js'
import type { GraphQLAnswer, SignedIn } from './client.js'
import { type Service, TEST_ENVIRONMENT } from './service.js'

/** The pages of a service with passkeys. */
export const PAGES = { APP_URL: 'https://auth.example.com', PASSKEY_RP_ID: 'example.com' }
export const PAGE = { origin: PAGES.APP_URL, rpId: PAGES.PASSKEY_RP_ID }

const OPTIONS = '{ publicKey expiresAt }'
const PASSKEY = '{ id name provider isSynced createdAt lastUsedAt credentialId rpId }'
export const START_REGISTRATION = `mutation { startPasskeyRegistration ${OPTIONS} }`
export const FINISH_REGISTRATION = `mutation ($input: FinishPasskeyRegistrationInput!) {
  finishPasskeyRegistration(input: $input) ${PASSKEY} }`
export const START_LOGIN = `mutation { startPasskeyLogin ${OPTIONS} }`
export const FINISH_LOGIN = `mutation ($input: FinishPasskeyLoginInput!) {
  finishPasskeyLogin(input: $input) { token refreshToken deviceToken userId } }`
export const START_REAUTHENTICATION = `mutation { startPasskeyReauthentication ${OPTIONS} }`
export const FINISH_REAUTHENTICATION = `mutation ($response: WebAuthnJSON!) {
  finishPasskeyReauthentication(response: $response) { token refreshToken } }`
export const REMOVE = 'mutation ($id: ID!) { removePasskey(id: $id) }'
export const RENAME = `mutation ($input: RenamePasskeyInput!) { renamePasskey(input: $input) ${PASSKEY} }`
export const PASSKEYS = `{ passkeys ${PASSKEY} }`

/** A challenge of another time: the service keeps none. */
export const challengeAt = (at: Date, purpose: Purpose, sessionId = ''): string =>
  Buffer.from(createChallenges(TEST_ENVIRONMENT.REFRESH_KEY, () => at).issue(purpose, sessionId).bytes).toString(
    'base64url',
  )

export const passkeysOf = (service: Service) => ({
  startRegistration: async (token: string) =>
    (await service.succeed(START_REGISTRATION, {}, token)).startPasskeyRegistration.publicKey,

  startLogin: async () => (await service.succeed(START_LOGIN)).startPasskeyLogin.publicKey,

  finishRegistration: (token: string, response: object, name?: string) =>
    service.graphql(FINISH_REGISTRATION, { input: { response, name } }, token),

  finishLogin: (response: object) => service.graphql(FINISH_LOGIN, { input: { response } }),

  /** Adds a passkey to an account. */
  async add({ token }: Pick<SignedIn, 'token'>, changes: Partial<Said> = {}, name?: string) {
    const authenticator = createAuthenticator(PAGE)
    const response = authenticator.create(await this.startRegistration(token), changes)
    const { data, text } = await this.finishRegistration(token, response, name)
    if (!data) throw new Error(`The passkey was not added: ${text}`)
    return { authenticator, passkey: data['finishPasskeyRegistration'] as { id: string; name: string } }
  },

  /** Signs in, or tries to. */
  async use(authenticator: Authenticator, changes: Partial<Said> = {}) {
    return this.finishLogin(authenticator.get(await this.startLogin(), changes))
  },
})

/** The id of the session of an access token. */
export const sessionOf = (token: string): string => String(claimsOf(token)['sid'])

export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

/** The reason of a refusal, or else its code. */
export const reasonOf = ({ errors }: GraphQLAnswer): string | undefined =>
  errors[0]?.extensions.reason ?? errors[0]?.extensions.code
