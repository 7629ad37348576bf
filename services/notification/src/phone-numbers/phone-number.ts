// Which numbers can get SMS: those of mobile telephones, by the numbering plans that Google's libphonenumber has.

/** Where the plan does not tell mobile numbers from others, as in North America, both are possible. */
const MOBILE = new Set(['mobile', 'fixed-line-or-mobile'])

const E164 = /^\+[1-9]\d{6,14}$/

export interface PhoneNumber {
  /** E.164. */
  number: string
  /** The country's code and the first digits after it, about as many as an operator has: premium ranges are bought in blocks. */
  prefix: string
}

const PREFIX_DIGITS = 4

/** Null if it is no mobile number in the form of E.164. The numbering plans are loaded with the first call. */
export async function readPhoneNumber(text: string): Promise<PhoneNumber | null> {
  if (!E164.test(text)) return null
  const { parsePhoneNumber } = await import('awesome-phonenumber')
  const parsed = parsePhoneNumber(text)
  if (!parsed.valid || parsed.number.e164 !== text || !MOBILE.has(parsed.type)) return null
  const start = String(parsed.countryCode).length + 1
  return { number: text, prefix: text.slice(0, start + PREFIX_DIGITS) }
}
