export * from '@postern/contract/usernames'

/** Whether a string has the form of an id. Ids are stored in ASCII columns, which refuse to be compared with much else. */
export const isId = (value: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)

/** UTF-16 units, far beyond all that is ever accepted. */
const NORMALISED_AT_MOST = 2048

/**
 * Normal form C. A text that is too long for anything stays as it is: normalising takes time with the square of the number
 * of combining characters, a second for what fits into one request.
 */
export const nfc = (text: string): string => (text.length > NORMALISED_AT_MOST ? text : text.normalize('NFC'))

/** The e-mail address as it is stored and written to. */
export const normaliseEmail = (email: string): string => nfc(email.trim())

/** The e-mail address as it is compared. */
export const emailKey = (email: string): string => nfc(normaliseEmail(email).toLowerCase())
