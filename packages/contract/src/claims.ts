// The claims of access tokens.

/** The `typ` header of access tokens (RFC 9068). It keeps any other kind of JWT from passing as one. */
export const ACCESS_TOKEN_TYPE = 'at+jwt'

/**
 * One way in which a person has proved who they are (RFC 8176): a password, a code of an app, a passkey (`hwk`), the presence
 * and verification of the person by that passkey (`user`), and more than one factor (`mfa`). Postern's own: a sign-in at
 * another provider (`fed`), and a recovery code (`rc`).
 */
export type Amr = 'pwd' | 'otp' | 'hwk' | 'user' | 'mfa' | 'fed' | 'rc'

/** The level of a sign-in: `aal2` if it took two factors, or a passkey that has verified the person; otherwise `aal1`. */
export type Acr = 'aal1' | 'aal2'

/** The level that follows from the ways in which a person has proved who they are. */
export const acrOf = (amr: readonly string[]): Acr =>
  amr.includes('mfa') || (amr.includes('hwk') && amr.includes('user')) ? 'aal2' : 'aal1'

/** The claims of a verified access token. The object is frozen: every request with the same token gets the same one. */
export interface Claims {
  readonly iss: string
  readonly aud: string
  /** The user's id. */
  readonly sub: string
  /** The client that the token was issued to (RFC 9068): the service's `JWT_CLIENT_ID`. Absent in tokens of earlier versions. */
  readonly client_id?: string
  /** The session's id: what `logout` ends. */
  readonly sid: string
  /** The token's own id. */
  readonly jti: string
  /** The user's generation when the token was issued. It rises when the password, the role or the disabled state changes. */
  readonly gen: number
  /** Issued at, in Unix seconds. */
  readonly iat: number
  /** Not valid before, in Unix seconds. */
  readonly nbf: number
  /** Expires at, in Unix seconds. */
  readonly exp: number
  readonly roles: readonly string[]
  /**
   * When the person last proved who they are in this session, in Unix seconds. A refresh keeps it. Absent, like `amr` and
   * `acr`, in tokens of earlier versions.
   */
  readonly auth_time?: number
  /** How they have: see {@link Amr}. */
  readonly amr?: readonly string[]
  /** The level of the sign-in: see {@link Acr}. */
  readonly acr?: string
  /** The key that the token is bound to: the RFC 7638 thumbprint of it (RFC 9449). Absent in bearer tokens. */
  readonly cnf?: { readonly jkt: string }
}
