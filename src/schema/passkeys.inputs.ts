// The rules for the inputs of passkeys.graphql: which parts of a WebAuthn message the service reads, and how long they may be.
import { z } from 'zod'
import { line } from '@postern/service/input/text-rules'

const NAME_LENGTH = 64

/** At most `max` bytes, which `PublicKeyCredential.toJSON()` writes as base64url without padding. */
const bytes = (max: number) =>
  z
    .string('is required')
    .regex(/^[\w-]+$/, 'must be base64url')
    .refine((value) => value.length <= Math.ceil((max * 4) / 3), `must have at most ${max} bytes`)

const credentialId = bytes(1023)
const clientDataJSON = bytes(4096)
const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key') }

/** The names that WebAuthn has, and those to come. */
const transports = z
  .array(z.string())
  .nullish()
  .transform((names) => (names ?? []).filter((name) => /^[a-z-]{1,20}$/.test(name)).slice(0, 8))

/** Of a passkey that was used. */
const used = z.object({
  ...credential,
  response: z.object({
    ...{ clientDataJSON, authenticatorData: bytes(2048), signature: bytes(1024) },
    userHandle: bytes(64)
      .nullish()
      .transform((handle) => handle ?? null),
  }),
})

/** Members that the service does not read are ignored: later versions of browsers send more of them. */
export const passkeyInputs = {
  finishRegistration: z.object({
    response: z.object({
      ...credential,
      response: z.object({ clientDataJSON, attestationObject: bytes(8192), transports }),
    }),
    name: line(NAME_LENGTH).nullish(),
  }),
  finishLogin: z.object({
    response: used,
    deviceToken: z.string().nullish(),
  }),
  finishReauthentication: z.object({ response: used }),
  rename: z.object({ name: line(NAME_LENGTH) }),
}
