import { Secret } from 'otpauth'
import { describe, expect, it } from 'vitest'
import { newRecoveryCodes, shownCode } from '../../../src/services/factors/recovery-codes.js'
import { newTotpSecret, stepOfCode, totpUri } from '../../../src/services/factors/totp.js'
import { factorInputs } from '../../../src/schema/factors.inputs.js'

/** RFC 6238, appendix B: SHA-1. Its codes have eight digits, of which ours are the last six. */
const SECRET = Secret.fromLatin1('12345678901234567890').base32
const VECTORS: [number, string][] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
]

describe('a code of an authenticator app', () => {
  it.each(VECTORS)('at %s is that of RFC 6238, and is valid one step early and late', (seconds, digits) => {
    const code = digits.slice(2)
    const step = new Date(Math.floor(seconds / 30) * 30_000)
    for (const shift of [-30, 0, 30]) expect(stepOfCode(SECRET, code, new Date((seconds + shift) * 1000))).toEqual(step)
    for (const shift of [-90, -60, 60, 90])
      expect(stepOfCode(SECRET, code, new Date((seconds + shift) * 1000))).toBeNull()
  })

  it('belongs to its secret, which has 160 random bits', () => {
    const secrets = Array.from({ length: 50 }, newTotpSecret)
    expect(new Set(secrets).size).toBe(50)
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(stepOfCode(secrets[0]!, VECTORS[0]![1].slice(2), new Date(59_000))).toBeNull()
  })

  it('is set up by a URI that quotes names with special characters', () => {
    const uri = new URL(totpUri(SECRET, { issuer: 'A & B: C', label: 'ada+test@example.com' }))
    expect(uri.protocol).toBe('otpauth:')
    expect(uri.searchParams.get('issuer')).toBe('A & B: C')
    expect(uri.searchParams.get('secret')).toBe(SECRET)
  })
})

describe('what people type', () => {
  const codeOf = (code: string) =>
    factorInputs.verifyMfa.safeParse({ challenge: 'c', code, trustDevice: false }).data?.code

  it('is read as the code that they were shown', () => {
    expect(codeOf(' 123 456 ')).toBe('123456')
    expect(codeOf('123‐456')).toBe('123456')
    for (const code of newRecoveryCodes()) {
      expect(codeOf(shownCode(code))).toBe(code)
      expect(codeOf(shownCode(code).toLowerCase())).toBe(code)
      // Letters that look like digits.
      expect(codeOf(code.replaceAll('1', 'l').replaceAll('0', 'o'))).toBe(code)
    }
  })

  it.each(['', '12345', '1234567', '12345６', 'ABCD-EFGH', 'ABCD-EFGH-JKMU', 'x'.repeat(10_000)])(
    'is refused if it can be no code: %j',
    (code) => expect(codeOf(code)).toBeUndefined(),
  )
})
