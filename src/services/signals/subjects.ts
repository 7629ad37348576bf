// Whom a signal is about: subject identifiers of RFC 9493, and the complex ones of Shared Signals.

interface IssuerAndSubject {
  format: 'iss_sub'
  iss: string
  sub: string
}

interface Opaque {
  format: 'opaque'
  id: string
}

export type SubjectIdentifier =
  IssuerAndSubject | Opaque | { format: 'complex'; user: IssuerAndSubject; session: Opaque }

/** The `iss` and the `sub` of the user's access tokens. */
export const userSubject = (issuer: string, userId: string): IssuerAndSubject => ({
  format: 'iss_sub',
  iss: issuer,
  sub: userId,
})

/** The `sid` of the session's access tokens. */
export const sessionSubject = (sessionId: string): Opaque => ({ format: 'opaque', id: sessionId })

/** A stream, in signals about itself. */
export const streamSubject = (streamId: string): Opaque => ({ format: 'opaque', id: streamId })
