// How an email address is stored and how it is compared.
import { normalizeText, trimText } from './text.js'

/** The stored form, to which mail is sent: trimmed, in normalization form C. */
export const normalizeEmail = (email: string): string => normalizeText(trimText(email))

/** The compared form, unique for each account. */
export const canonicalEmail = (email: string): string => normalizeText(normalizeEmail(email).toLowerCase())
