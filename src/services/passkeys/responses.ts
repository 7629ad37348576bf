// What browsers send: the JSON form of WebAuthn Level 3, as far as the service reads it. Bytes are in base64url.

/** `PublicKeyCredential.toJSON()` after a registration. */
export interface RegistrationResponse {
  id: string
  rawId: string
  type: 'public-key'
  response: { clientDataJSON: string; attestationObject: string; transports: string[] }
}

/** `PublicKeyCredential.toJSON()` after a sign-in. */
export interface LoginResponse {
  id: string
  rawId: string
  type: 'public-key'
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle: string | null }
}

/** Why a response is refused. Operators and the audit log see it, clients do not. */
export type Refusal =
  /** Not from this service, for something else, or of another session. */
  | 'challenge'
  | 'expired'
  /** Of a page that PASSKEY_ORIGINS does not have, or in a frame. */
  | 'origin'
  /** The authenticator was identified, which was not requested. */
  | 'attestation'
  /** By the library: RP id, user verification, signature, or no WebAuthn at all. */
  | 'rejected'
  /** The service has no such passkey. */
  | 'unknown'
  /** The passkey says that it is another user's. */
  | 'user'
  /** It could not be copied before and now it can, or the other way round. */
  | 'backup'
  /** Another response to the challenge was accepted, or the passkey is registered already. */
  | 'used'
  /** The counter has not risen. */
  | 'counter'

/** Where and for what the browser has made a response. */
export interface ClientData {
  challenge: string
  origin: string
  isFramed: boolean
}

/** Null if it is not the JSON that browsers make. */
export function readClientData(encoded: string): ClientData | null {
  try {
    const data: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    if (typeof data !== 'object' || data === null) return null
    const { challenge, origin, crossOrigin, topOrigin } = data as Record<string, unknown>
    if (typeof challenge !== 'string' || typeof origin !== 'string') return null
    return { challenge, origin, isFramed: (crossOrigin ?? false) !== false || topOrigin !== undefined }
  } catch {
    return null
  }
}
