import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { ServiceError } from '@postern/service/errors'
import type { StoredPasskey } from '../../../src/repositories/passkeys/passkeys.js'
import { parse } from '@postern/service/input/parse'
import { passkeyInputs } from '../../../src/schema/passkeys.inputs.js'
import { createCeremonies } from '../../../src/services/passkeys/ceremonies.js'
import { createChallenges } from '../../../src/services/passkeys/challenges.js'
import { createVerifyUse } from '../../../src/services/passkeys/uses.js'
import { verifyRegistration } from '../../../src/services/passkeys/webauthn.js'
import { createAuthenticator } from '../../support/authenticator.js'

const PARTY = { id: 'example.com', name: 'Example', origins: ['https://auth.example.com'] }
const challenges = createChallenges('k'.repeat(32), () => new Date())
const ceremonies = createCeremonies(challenges, PARTY)
const authenticator = createAuthenticator({ origin: PARTY.origins[0]!, rpId: PARTY.id })
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const handle = Buffer.alloc(32, 7)

const registered = await (async () => {
  const { bytes } = challenges.issue('register', 'session')
  const response = authenticator.create({ challenge: base64url(bytes), user: { id: base64url(handle) } })
  const created = await verifyRegistration(PARTY, parse(passkeyInputs.finishRegistration, { response }).response, bytes)
  if (typeof created === 'string') throw new Error(created)
  return { response, created }
})()

/** The passkey that is registered, in memory. */
const stored = {
  ...{ id: 'passkey', userId: 'user', credentialId: Buffer.from(registered.created.credentialId) },
  ...{ publicKey: Buffer.from(registered.created.publicKey), userHandle: handle, backupEligible: false },
} satisfies StoredPasskey
const verifyUse = createVerifyUse({
  passkeys: {
    find: (id) => Promise.resolve(stored.credentialId.equals(id) ? stored : null),
    use: () => Promise.resolve('used'),
  },
  challenges: { use: () => Promise.resolve(true) },
  ceremonies,
  clock: () => new Date(),
})

/** A change of some bytes, or of the length, that is one. */
const damage = fc
  .record({
    at: fc.nat(),
    kind: fc.constantFrom('replace', 'insert', 'delete', 'cut', 'empty'),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  })
  .map(({ at, kind, bytes }) => (text: string) => {
    const whole = Buffer.from(text, 'base64url')
    const from = at % Math.max(1, whole.length)
    const [before, after] = [whole.subarray(0, from), whole.subarray(from)]
    const changed = {
      replace: () => Buffer.concat([before, bytes, after.subarray(bytes.length)]),
      insert: () => Buffer.concat([before, bytes, after]),
      delete: () => Buffer.concat([before, after.subarray(bytes.length)]),
      cut: () => before,
      empty: () => Buffer.alloc(0),
    }[kind]()
    return base64url(changed)
  })

/** Any value in the place of a text. */
const anything = fc.anything({ maxDepth: 2 }).map((value) => () => value)
const change = fc.oneof({ weight: 9, arbitrary: damage }, { weight: 1, arbitrary: anything })

/** A response with one field changed. Null if the change changes nothing. */
function changed<Response extends { response: object }>(
  response: Response,
  field: string,
  apply: (text: string) => unknown,
): Response | null {
  const isInner = field in response.response
  const holder = (isInner ? response.response : response) as Record<string, unknown>
  const value = apply(String(holder[field]))
  if (value === holder[field]) return null
  return isInner ? { ...response, response: { ...response.response, [field]: value } } : { ...response, [field]: value }
}

/** The input as the service reads it. Null if it refuses its form. */
function read<Schema extends z.ZodType>(schema: Schema, response: unknown): z.output<Schema> | null {
  try {
    return parse(schema, { response })
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'INVALID_INPUT') return null
    throw error
  }
}

/** The numbers of a signature in DER: a sequence of two integers, each with a length of one byte. */
function numbersOf(signature: Buffer): [r: Buffer, s: Buffer] {
  const rEnd = 4 + signature.readUInt8(3)
  return [signature.subarray(4, rEnd), signature.subarray(rEnd + 2)]
}

/** The same signature can be written in several ways. */
const hasNumbersOf = (genuine: string, signature: unknown): boolean =>
  numbersOf(Buffer.from(genuine, 'base64url')).every((number) =>
    Buffer.from(String(signature), 'base64url').includes(number),
  )

describe('10,000 altered responses', () => {
  it('never sign in, and never fail with anything but a refusal', { timeout: 120_000 }, async () => {
    const fields = ['id', 'rawId', 'type', 'clientDataJSON', 'authenticatorData', 'signature', 'userHandle', 'response']
    const genuine = authenticator.get({ challenge: base64url(challenges.issue('login').bytes) })
    let verified = 0
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fields), change, async (field, apply) => {
        const response = changed(genuine, field, apply)
        const input = response && read(passkeyInputs.finishLogin, response)
        if (
          !input ||
          (field === 'signature' && hasNumbersOf(genuine.response.signature, input.response.response.signature))
        )
          return
        verified += 1
        const used = await verifyUse(input.response, { purpose: 'login', sessionId: '', userId: null })
        expect(used.refusal).not.toBeNull()
      }),
      { numRuns: 8000 },
    )
    // Most of them have the form of a response.
    expect(verified).toBeGreaterThan(4000)
  })

  it('never register anything with a challenge, a page or a domain of others', { timeout: 120_000 }, async () => {
    const { response } = registered
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('clientDataJSON', 'attestationObject', 'transports'),
        change,
        async (field, apply) => {
          const input = read(passkeyInputs.finishRegistration, changed(response, field, apply) ?? {})
          if (!input) return
          const { clientDataJSON } = input.response.response
          const challenge = ceremonies.check(clientDataJSON, 'register', 'session')
          // Without attestation, a key can be any key. What it is for can't be anything else.
          if (typeof challenge === 'string') return
          const created = await verifyRegistration(PARTY, input.response, challenge.bytes)
          if (typeof created === 'string') return
          expect(created.publicKey.length).toBeLessThan(1024)
          expect(created.credentialId.length).toBeLessThanOrEqual(1023)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
