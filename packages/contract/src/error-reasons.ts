/** Why an operation failed, where its code alone doesn't say: a global "sign in again" handler skips wrong passwords. */
export type ErrorReason = 'INVALID_CREDENTIALS'
