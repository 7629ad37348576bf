// The protocol, by the library: the options of both ceremonies, and the verification of their responses.
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import { CHALLENGE_LIFE_SECONDS } from './challenges.js'
import type { LoginResponse, Refusal, RegistrationResponse } from './responses.js'

/** Which domain and pages passkeys belong to, and the name that authenticators show. */
export interface RelyingParty {
  id: string
  name: string
  origins: readonly string[]
}

export interface Descriptor {
  id: Uint8Array
  transports: readonly string[]
}

/** What an authenticator has created. */
export interface CreatedCredential {
  credentialId: Uint8Array
  publicKey: Uint8Array
  signCount: number
  aaguid: string
  backupEligible: boolean
  backedUp: boolean
}

/** What a use of a passkey has shown. */
export interface ProvedUse {
  signCount: number
  backupEligible: boolean
  backedUp: boolean
}

/** EdDSA, ES256 and RS256: one of them works with every authenticator. */
const ALGORITHMS = [-8, -7, -257]

const timeout = CHALLENGE_LIFE_SECONDS * 1000
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const describe = ({ id, transports }: Descriptor) => ({ id: base64url(id), transports: [...transports] as never[] })

/** For `navigator.credentials.create`. The passkey can be found without a name, and always verifies the person. */
export const registrationOptions = (
  { id, name }: RelyingParty,
  options: {
    challenge: Uint8Array<ArrayBuffer>
    user: { handle: Uint8Array<ArrayBuffer>; name: string; displayName: string }
    exclude: readonly Descriptor[]
  },
): Promise<object> =>
  generateRegistrationOptions({
    ...{ rpID: id, rpName: name, challenge: options.challenge, timeout },
    ...{ userID: options.user.handle, userName: options.user.name, userDisplayName: options.user.displayName },
    ...{ attestationType: 'none', supportedAlgorithmIDs: ALGORITHMS },
    excludeCredentials: options.exclude.map(describe),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })

/** For `navigator.credentials.get`. Without `allow`, the person chooses one of the passkeys that the browser knows. */
export const loginOptions = (
  { id }: RelyingParty,
  { challenge, allow }: { challenge: Uint8Array<ArrayBuffer>; allow?: readonly Descriptor[] },
): Promise<object> =>
  generateAuthenticationOptions({
    ...{ rpID: id, challenge, timeout, userVerification: 'required' },
    ...(allow && { allowCredentials: allow.map(describe) }),
  })

/**
 * Only formats without certificates. The service does not want to know the authenticator, and the library would read
 * certificates of anyone, and fetch the lists of revoked ones that they name.
 */
function isAnonymous(attestationObject: string): boolean {
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
  const format = decoded.get('fmt')
  return format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined)
}

/** WebAuthn limits the id. No key of these algorithms is longer, and a login that verifies with it must not take long. */
const fits = (credentialId: Uint8Array, publicKey: Uint8Array): boolean =>
  credentialId.length <= 1023 && publicKey.length <= 1024

/** `challenge` and the origin are checked already. The library throws for whatever it does not accept. */
export async function verifyRegistration(
  party: RelyingParty,
  response: RegistrationResponse,
  challenge: Uint8Array,
): Promise<CreatedCredential | Refusal> {
  try {
    if (!isAnonymous(response.response.attestationObject)) return 'attestation'
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...response, clientExtensionResults: {}, response: { ...response.response, transports: [] } },
      expectedChallenge: base64url(challenge),
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      supportedAlgorithmIDs: ALGORITHMS,
    })
    if (!verified) return 'rejected'
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
    const credentialId = Buffer.from(credential.id, 'base64url')
    if (credential.id !== response.id || !fits(credentialId, credential.publicKey)) return 'rejected'
    return {
      ...{ credentialId, publicKey: credential.publicKey },
      ...{ signCount: credential.counter, aaguid },
      ...{ backupEligible: credentialDeviceType === 'multiDevice', backedUp: credentialBackedUp },
    }
  } catch {
    return 'rejected'
  }
}

/** The caller checks the counter: the library would before it verifies the signature, so that anyone could raise an alarm. */
export async function verifyUse(
  party: RelyingParty,
  { response: { userHandle, ...response }, ...credential }: LoginResponse,
  { challenge, publicKey }: { challenge: Uint8Array; publicKey: Uint8Array },
): Promise<ProvedUse | Refusal> {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...credential,
        response: { ...response, ...(userHandle !== null && { userHandle }) },
        clientExtensionResults: {},
      },
      expectedChallenge: base64url(challenge),
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      credential: { id: credential.id, publicKey: new Uint8Array(publicKey), counter: 0 },
    })
    if (!verified) return 'rejected'
    const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
    return {
      signCount: newCounter,
      ...{ backupEligible: credentialDeviceType === 'multiDevice', backedUp: credentialBackedUp },
    }
  } catch {
    return 'rejected'
  }
}
