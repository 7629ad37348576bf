// The claims of access tokens.

/** The `typ` header of access tokens (RFC 9068). It keeps any other kind of JWT from passing as one. */
export const ACCESS_TOKEN_TYPE = 'at+jwt'

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
}
