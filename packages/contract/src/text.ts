// How text is normalized before it is compared or stored.

/** UTF-16 units: longer than anything that is accepted. */
const MAX_NORMALIZED_LENGTH = 2048

/**
 * Unicode normalization form C. Text that is too long for any input is returned unchanged, because the time of
 * normalizing grows with the square of the number of combining characters: up to a second for one request.
 */
export const normalizeText = (text: string): string =>
  text.length > MAX_NORMALIZED_LENGTH ? text : text.normalize('NFC')
