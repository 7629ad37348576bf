// How text is trimmed and normalized before it is compared or stored.

/** UTF-16 units: longer than anything that is accepted. */
const MAX_NORMALIZED_LENGTH = 2048

/**
 * Unicode normalization form C. Text that is too long for any input is returned unchanged, because the time of
 * normalizing grows with the square of the number of combining characters: up to a second for one request.
 */
export const normalizeText = (text: string): string =>
  text.length > MAX_NORMALIZED_LENGTH ? text : text.normalize('NFC')

/**
 * Removes from both ends what is part of no username or address: every kind of space, control characters, and invisible ones
 * such as the zero-width space, which come along when text is copied.
 */
export const trimText = (text: string): string => /[^\p{Z}\p{C}](?:.*[^\p{Z}\p{C}])?/su.exec(text)?.[0] ?? ''
