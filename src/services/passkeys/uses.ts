// Verifies that someone has a passkey: to sign in, or again in a session.
import type { Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import type { PasskeyRepository, StoredPasskey } from '../../repositories/passkeys/passkeys.js'
import type { UsedChallenges } from '../../repositories/passkeys/used-challenges.js'
import type { Ceremonies } from './ceremonies.js'
import type { CheckedChallenge, Purpose } from './challenges.js'
import { loadWebAuthn } from './load-webauthn.js'
import type { LoginResponse, Refusal } from './responses.js'
import type { ProvedUse } from './webauthn.js'

/** Whose passkey it is. */
export interface UsedPasskey {
  userId: string
  passkeyId: string
}

/** A passkey that was used. It is still to be recorded, in the transaction of what it is used for. */
interface Accepted {
  refusal: null
  passkey: UsedPasskey
  /** Uses up the challenge and raises the counter. Returns a refusal if the transaction must not be committed. */
  record: (tx: Statements) => Promise<Refusal | null>
}

/** `passkey` is null if the service does not know it. */
interface Refused {
  refusal: Refusal
  passkey: UsedPasskey | null
}

export type VerifyUse = ReturnType<typeof createVerifyUse>

export function createVerifyUse({
  passkeys,
  challenges,
  ceremonies,
  clock,
}: {
  passkeys: Pick<PasskeyRepository, 'find' | 'use'>
  challenges: Pick<UsedChallenges, 'use'>
  ceremonies: Ceremonies
  clock: Clock
}) {
  async function verify(
    { userHandle, publicKey, backupEligible }: StoredPasskey,
    response: LoginResponse,
    { bytes: challenge }: CheckedChallenge,
  ): Promise<ProvedUse | Refusal> {
    const { verifyUse } = await loadWebAuthn()
    const use = await verifyUse(ceremonies.party, response, { challenge, publicKey })
    if (typeof use === 'string') return use
    const said = response.response.userHandle
    if (said !== null && !userHandle.equals(Buffer.from(said, 'base64url'))) return 'user'
    return use.backupEligible === backupEligible ? use : 'backup'
  }

  const record =
    ({ id }: StoredPasskey, { hash, expiresAt }: CheckedChallenge, { signCount, backedUp }: ProvedUse) =>
    async (tx: Statements): Promise<Refusal | null> => {
      const result = await passkeys.use(tx, { id, signCount, backedUp, now: clock() })
      if (result !== 'used') return result === 'lower' ? 'counter' : 'unknown'
      return (await challenges.use(tx, hash, expiresAt)) ? null : 'used'
    }

  /** `userId`: whose passkey it must be. Null if the passkey shows who it is: then it must say so. */
  return async (
    response: LoginResponse,
    { purpose, sessionId, userId }: { purpose: Purpose; sessionId: string; userId: string | null },
  ): Promise<Accepted | Refused> => {
    const challenge = ceremonies.check(response.response.clientDataJSON, purpose, sessionId)
    if (typeof challenge === 'string') return { refusal: challenge, passkey: null }
    const stored = await passkeys.find(Buffer.from(response.id, 'base64url'))
    if (!stored || (userId !== null && userId !== stored.userId)) return { refusal: 'unknown', passkey: null }
    const passkey = { userId: stored.userId, passkeyId: stored.id }
    if (userId === null && response.response.userHandle === null) return { refusal: 'user', passkey }
    const use = await verify(stored, response, challenge)
    if (typeof use === 'string') return { refusal: use, passkey }
    return { refusal: null, passkey, record: record(stored, challenge, use) }
  }
}
