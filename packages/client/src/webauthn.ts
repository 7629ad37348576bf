// Calls WebAuthn in the browser, with messages in their JSON form. Not by `toJSON()`: extensions that keep passkeys replace the
// browser's credentials with objects that lack it, and so do older browsers.
import { PosternError } from './errors.js'

const toBytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

const toText = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

/** Whether this is a page of a browser that knows passkeys. */
export const isSupported = (): boolean => 'PublicKeyCredential' in globalThis

const listed = (credentials: readonly PublicKeyCredentialDescriptorJSON[] | undefined) =>
  credentials?.map((one) => ({ ...one, id: toBytes(one.id) })) as PublicKeyCredentialDescriptor[] | undefined

const CANCELED = 'The passkey was not used: the request was canceled, or took too long.'

const failure = (
  code: 'PASSKEY_UNAVAILABLE' | 'PASSKEY_CANCELED' | 'PASSKEY_EXISTS',
  message: string,
  cause?: unknown,
) => new PosternError(code, { message, cause })

/** One ceremony at a time, as browsers want it: a new one ends the one that waits in a field. */
let pending: AbortController | undefined

/** `work` gets a signal that also follows `signal`. Rejects with a {@link PosternError}, or the reason of `signal`. */
async function perform(
  work: (signal: AbortSignal) => Promise<Credential | null>,
  signal: AbortSignal | undefined,
): Promise<PublicKeyCredential> {
  signal?.throwIfAborted()
  if (!isSupported()) throw failure('PASSKEY_UNAVAILABLE', 'This browser has no passkeys.')
  pending?.abort()
  const own = (pending = new AbortController())
  const abort = () => own.abort()
  signal?.addEventListener('abort', abort)
  try {
    const credential = await work(own.signal)
    if (!credential) throw failure('PASSKEY_CANCELED', CANCELED)
    return credential as PublicKeyCredential
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof PosternError ? error : failureOf(error as { name?: unknown })
  } finally {
    signal?.removeEventListener('abort', abort)
    if (pending === own) pending = undefined
  }
}

/** Browsers do not tell apart a person who refuses, a time-out, and a device that has no passkey. */
function failureOf(error: { name?: unknown }): PosternError {
  if (error.name === 'InvalidStateError')
    return failure('PASSKEY_EXISTS', 'This device or password manager has a passkey of your account already.', error)
  if (error.name === 'NotAllowedError' || error.name === 'AbortError')
    return failure('PASSKEY_CANCELED', CANCELED, error)
  return failure('PASSKEY_UNAVAILABLE', 'This browser or device can’t use a passkey here.', error)
}

/** `navigator.credentials.create()`. */
export async function createCredential(
  { extensions: _, ...options }: PublicKeyCredentialCreationOptionsJSON,
  signal: AbortSignal | undefined,
): Promise<object> {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: listed(options.excludeCredentials) ?? [],
  } as PublicKeyCredentialCreationOptions
  const created = await perform((own) => navigator.credentials.create({ publicKey, signal: own }), signal)
  const response = created.response as AuthenticatorAttestationResponse
  const { getTransports } = response as Partial<AuthenticatorAttestationResponse>
  return {
    ...commonOf(created),
    response: {
      clientDataJSON: toText(response.clientDataJSON),
      attestationObject: toText(response.attestationObject),
      transports: getTransports?.call(response) ?? [],
    },
  }
}

/** `navigator.credentials.get()`. `conditional`: the browser offers passkeys in a field of the page. */
export async function getCredential(
  { extensions: _, ...options }: PublicKeyCredentialRequestOptionsJSON,
  { isConditional = false, signal }: { isConditional?: boolean; signal?: AbortSignal | undefined },
): Promise<{ id: string; response: object }> {
  const allowCredentials = listed(options.allowCredentials) ?? []
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    allowCredentials,
  } as PublicKeyCredentialRequestOptions
  const mediation = isConditional && { mediation: 'conditional' as const }
  const used = await perform((own) => navigator.credentials.get({ publicKey, ...mediation, signal: own }), signal)
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response as AuthenticatorAssertionResponse
  return {
    ...commonOf(used),
    response: {
      clientDataJSON: toText(clientDataJSON),
      authenticatorData: toText(authenticatorData),
      signature: toText(signature),
      userHandle: userHandle && toText(userHandle),
    },
  }
}

const commonOf = ({ id, rawId, type }: PublicKeyCredential) => ({
  ...{ id, rawId: toText(rawId), type },
  clientExtensionResults: {},
})

/** Makes the provider of a passkey forget it, where browsers have such a call. A failure changes nothing. */
export async function forgetCredential(rpId: string, credentialId: string): Promise<void> {
  if (!isSupported()) return
  const { signalUnknownCredential } = PublicKeyCredential as unknown as {
    signalUnknownCredential?: (unknown: { rpId: string; credentialId: string }) => Promise<void>
  }
  await signalUnknownCredential?.call(PublicKeyCredential, { rpId, credentialId }).catch(() => undefined)
}
