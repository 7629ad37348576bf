// How an email address is stored and how it is compared.
import { normalizeText } from './text.js'

/** The address as it is stored and as mail is sent to it: trimmed, in normalization form C. */
export const normalizeEmail = (email: string): string => normalizeText(email.trim())

/** The address as it is compared: unique for each account. */
export const canonicalEmail = (email: string): string => normalizeText(normalizeEmail(email).toLowerCase())
