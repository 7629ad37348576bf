// Lines of CSV (RFC 4180) that a spreadsheet shows as text.

const LINE_END = '\r\n'

/** A spreadsheet takes what starts like this for a formula, also after spaces, and in its full-width form. */
const FORMULA = /^\s*[=+\-@\t\r\n＝＋－＠]/

function field(value: string): string {
  // As OWASP recommends: the apostrophe makes it text.
  const text = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) || text !== value ? `"${text.replaceAll('"', '""')}"` : text
}

/** Null is an empty field. */
export const csvLine = (values: readonly (string | number | boolean | null)[]): string =>
  values.map((value) => (value === null ? '' : typeof value === 'string' ? field(value) : String(value))).join(',') +
  LINE_END
