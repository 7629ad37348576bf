// The type of value for certificates and keys: PEM, or the path of a file that contains it.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Its value is the PEM. Where a variable can't contain line breaks, `\n` stands for one. */
export const pem = z.string().transform((value, context) => {
  if (value.includes('-----BEGIN')) return value.replaceAll('\\n', '\n')
  try {
    return readFileSync(value, 'utf8')
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    context.addIssue(`must be PEM, or the path of a file that can be read (${code})`)
    return z.NEVER
  }
})

/** One certificate or several. */
export const certificates = pem.refine((text) => {
  const found = text.match(CERTIFICATE) ?? []
  return found.length > 0 && found.every(isCertificate)
}, 'contains no valid certificate in PEM')

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}
