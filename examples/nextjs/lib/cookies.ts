// The cookies of Postern. Both are HttpOnly: only servers on this host can read them.

/** The access token. It disappears when the token expires. */
export const ACCESS_COOKIE = '__Host-postern-access'

/** The refresh token. It disappears when the session ends. Only the browser may use it, through /graphql. */
export const REFRESH_COOKIE = '__Host-postern-refresh'
