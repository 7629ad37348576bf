// The limits of passwords.

/** The longest accepted password, in code points of its normal form C. */
export const PASSWORD_MAX_LENGTH = 128
