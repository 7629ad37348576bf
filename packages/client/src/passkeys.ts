/**
 * Passkeys: signing in with one, and adding, renaming and removing them.
 *
 * @packageDocumentation
 */
import { field } from './answer.js'
import type { CallOptions, Client } from './client.js'
import { FINISH_PASSKEY_LOGIN, FINISH_PASSKEY_REAUTHENTICATION } from './documents.js'
import { PosternError } from './errors.js'
import type { Passkey, PasskeyOptions, Policy, User } from './generated/schema.js'
import { type Internals, internalsOf } from './internals.js'
import { createCredential, forgetCredential, getCredential, isSupported } from './webauthn.js'

export type { Passkey } from './generated/schema.js'

/** Options of {@link signInWithPasskey}. */
export interface PasskeySignInOptions extends CallOptions {
  /**
   * Offers passkeys in a field of the page, with `autocomplete="username webauthn"`, instead of asking at once. Resolves
   * when the person has chosen one, so leave it pending; the next call for a passkey ends it with PASSKEY_CANCELED.
   */
  readonly autofill?: boolean | undefined
}

/** Before the challenge expires, the field gets another one. */
const MARGIN_MS = 30_000

const PASSKEY = '{id name provider isSynced createdAt lastUsedAt credentialId rpId}'
const DOMAIN = '{policy{passkeyDomain}}'
const OPTIONS = '{publicKey expiresAt}'
const ADD = 'FinishPasskeyRegistrationInput!){finishPasskeyRegistration(input:$input)'

/** Whether the page is at the domain, or below it. */
const isAt = (domain: string | null): boolean => {
  const { hostname } = globalThis.location
  return domain !== null && (hostname === domain || hostname.endsWith(`.${domain}`))
}

/**
 * What this browser can do with the passkeys of the service in this page. Without `available`, show nothing of passkeys.
 * `autofill`: it can offer them in a field.
 */
export async function passkeySupport(
  client: Client,
  { signal }: CallOptions = {},
): Promise<{ available: boolean; autofill: boolean }> {
  if (!isSupported()) return { available: false, autofill: false }
  const { policy } = await client.request<{ policy: Pick<Policy, 'passkeyDomain'> }>(DOMAIN, {}, { signal })
  const available = isAt(policy.passkeyDomain ?? null)
  const { isConditionalMediationAvailable } = PublicKeyCredential as Partial<typeof PublicKeyCredential>
  const autofill = (await isConditionalMediationAvailable?.call(PublicKeyCredential).catch(() => false)) ?? false
  return { available, autofill: available && autofill }
}

function required(client: Client): Internals {
  const internals = internalsOf(client)
  if (!internals) throw new TypeError('This is no client of createClient().')
  return internals
}

const start = async (client: Client, operation: string, { signal }: CallOptions = {}): Promise<PasskeyOptions> =>
  field(
    await client.request<Record<string, PasskeyOptions>>(`mutation{${operation}${OPTIONS}}`, {}, { signal }),
    operation,
  )

/** Undefined if the challenge is about to expire. */
async function choose(publicKey: PublicKeyCredentialRequestOptionsJSON, signal: AbortSignal | undefined) {
  const isOver = new AbortController()
  const timer = setTimeout(() => isOver.abort(), Math.max(MARGIN_MS, (publicKey.timeout ?? 0) - MARGIN_MS))
  const abort = () => isOver.abort()
  signal?.addEventListener('abort', abort)
  try {
    return await getCredential(publicKey, { isConditional: true, signal: isOver.signal })
  } catch (error) {
    signal?.throwIfAborted()
    if (!isOver.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/**
 * Starts a session with a passkey, without a name and a password. Rejects with PASSKEY_CANCELED if the person does not choose
 * one, and with UNAUTHENTICATED if the service does not accept it.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { passkeySupport, signInWithPasskey } from '@postern/client/passkeys'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 * const { autofill } = await passkeySupport(client)
 * if (autofill) console.log(`Welcome, ${(await signInWithPasskey(client, { autofill: true })).email}`)
 * ```
 */
export async function signInWithPasskey(
  client: Client,
  { autofill = false, signal }: PasskeySignInOptions = {},
): Promise<User> {
  const { session } = required(client)
  for (;;) {
    const options = await start(client, 'startPasskeyLogin', { signal })
    const publicKey = options.publicKey as PublicKeyCredentialRequestOptionsJSON
    const response = await (autofill ? choose(publicKey, signal) : getCredential(publicKey, { signal }))
    if (!response) continue
    try {
      return await session.begin(FINISH_PASSKEY_LOGIN, { response })
    } catch (error) {
      if (error instanceof PosternError && error.reason === 'UNKNOWN_PASSKEY')
        await forgetCredential(publicKey.rpId ?? '', response.id)
      throw error
    }
  }
}

/**
 * Adds a passkey to the account of the signed-in user. Without a name, it gets that of its provider or of the device. Rejects
 * with PASSKEY_EXISTS if this device or password manager has one already, and with REAUTHENTICATION_REQUIRED.
 */
export async function addPasskey(
  client: Client,
  { name, signal }: CallOptions & { readonly name?: string } = {},
): Promise<Passkey> {
  const { publicKey } = await start(client, 'startPasskeyRegistration', { signal })
  const response = await createCredential(publicKey as PublicKeyCredentialCreationOptionsJSON, signal)
  const input = { response, name }
  return field(
    await client.request<Record<string, Passkey>>(`mutation($input:${ADD}${PASSKEY}}`, { input }),
    'finishPasskeyRegistration',
  )
}

/** Proves by a passkey that the user is still there, for calls that reject with REAUTHENTICATION_REQUIRED. */
export async function reauthenticateWithPasskey(client: Client, { signal }: CallOptions = {}): Promise<void> {
  const { session } = required(client)
  const { publicKey } = await start(client, 'startPasskeyReauthentication', { signal })
  const response = await getCredential(publicKey as PublicKeyCredentialRequestOptionsJSON, { signal })
  await session.renew(FINISH_PASSKEY_REAUTHENTICATION, { response })
}

/** The passkeys of the signed-in user, the oldest first. */
export const passkeys = async (client: Client): Promise<Passkey[]> =>
  field(await client.request<Record<string, Passkey[]>>(`{passkeys${PASSKEY}}`), 'passkeys')

/** Changes the name of a passkey. */
export const renamePasskey = async (client: Client, input: { id: string; name: string }): Promise<Passkey> =>
  field(
    await client.request<Record<string, Passkey>>(
      `mutation($input:RenamePasskeyInput!){renamePasskey(input:$input)${PASSKEY}}`,
      { input },
    ),
    'renamePasskey',
  )

/** Removes a passkey, and asks the browser to make its provider forget it. Rejects with FORBIDDEN if it is the last way in. */
export async function removePasskey(
  client: Client,
  { id, rpId, credentialId }: Pick<Passkey, 'id' | 'rpId' | 'credentialId'>,
): Promise<void> {
  await client.request('mutation($id:ID!){removePasskey(id:$id)}', { id })
  await forgetCredential(rpId, credentialId)
}
