import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { email } from '../../../src/schema/email-rule.js'
import { identityOf, type ProviderKind } from '../../../src/services/oauth/identities.js'

const readEmail = (text: unknown) => email.safeParse(text).data ?? null
const read = (kind: ProviderKind, claims: object) =>
  identityOf({ name: kind, kind }, { iss: 'https://provider.example', sub: 'subject', ...claims }, readEmail)

describe('a provider vouches for an address', () => {
  const verified = { email_verified: true }
  it.each<[ProviderKind, string, object, boolean]>([
    ['google', 'a@gmail.com', verified, true],
    ['google', 'a@googlemail.com', verified, true],
    ['google', 'A@Gmail.com', verified, true],
    ['google', 'a@example.com', { ...verified, hd: 'example.com' }, true],
    ['google', 'a@example.com', verified, false],
    ['google', 'a@example.com', { ...verified, hd: '' }, false],
    ['google', 'a@gmail.com.example.com', verified, false],
    ['google', 'a@notgmail.com', verified, false],
    ['github', 'a@example.com', verified, true],
    ['github', '1+a@users.noreply.github.com', verified, false],
    ['microsoft', 'a@example.com', verified, false],
    ['microsoft', 'a@example.com', { xms_edov: true }, true],
    ['microsoft', 'a@example.com', { xms_edov: '1' }, true],
    ['microsoft', 'a@example.com', { xms_edov: 0 }, false],
    ['microsoft', 'a@example.com', { xms_edov: 'false' }, false],
    ['oidc', 'a@example.com', verified, true],
    ['oidc', 'a@example.com', { email_verified: 'true' }, false],
    ['oidc', 'not an address', verified, false],
  ])('%s: %s with %j: %s', (kind, address, claims, isVouched) => {
    expect(read(kind, { email: address, ...claims }).isVouched).toBe(isVouched)
  })

  it.each([
    ['the Kelvin sign', 'mar\u212a@example.com'],
    ['the Kelvin sign in the domain', 'a@\u212aiosk.example'],
    ['an umlaut in two characters', 'u\u0308nal@example.com'],
    ['an upper-case umlaut', '\u00dcnal@example.com'],
    ['a dotted capital I', '\u0130ris@example.com'],
    ['a capital sigma', 'n\u03a3@example.com'],
    ['a space', ' mark@example.com'],
  ])('never for another mailbox whose name becomes the one of a victim: %s', (_, address) => {
    expect(read('oidc', { email: address, email_verified: true }).isVouched).toBe(false)
    expect(read('oidc', { email: '\u00fcnal@example.com', email_verified: true }).isVouched).toBe(true)
  })

  it('never for a random value instead of the claim', () => {
    const notTrue = fc.jsonValue().filter((value) => value !== true)
    fc.assert(
      fc.property(notTrue, fc.jsonValue(), (claim, address) => {
        for (const kind of ['google', 'github', 'oidc'] as const) {
          expect(read(kind, { email: 'a@gmail.com', email_verified: claim, hd: 'x' }).isVouched).toBe(false)
          expect(typeof address !== 'string' && read(kind, { email: address, email_verified: true }).isVouched).toBe(
            false,
          )
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the subject of an account', () => {
  it.each(['', ' ', 'a b', 'subject ', 'ä', 'x'.repeat(256), 'a\0b'])(
    'is refused if a column could confuse it: %j',
    (sub) => {
      expect(() => read('oidc', { sub })).toThrow('not completed')
    },
  )
})
