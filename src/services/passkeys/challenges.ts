// The challenges that passkeys sign. They carry their own proof, so that nothing is stored before one is answered.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { addSeconds, type Clock } from '@postern/service/clock'
import { deriveKey } from '@postern/service/sealing'

/** People look for a phone or a security key in that time. */
export const CHALLENGE_LIFE_SECONDS = 300

/** What the answer to a challenge does. It does nothing else. */
export type Purpose = 'register' | 'login' | 'reauthenticate'

export interface Challenge {
  bytes: Uint8Array<ArrayBuffer>
  expiresAt: Date
}

/** A genuine challenge. `hash` is stored once it is answered. */
export interface CheckedChallenge extends Challenge {
  hash: string
}

const RANDOM_BYTES = 16
const TIME_BYTES = 6
const MAC_BYTES = 32
const BYTES = RANDOM_BYTES + TIME_BYTES + MAC_BYTES

export type Challenges = ReturnType<typeof createChallenges>

export function createChallenges(refreshKey: string, clock: Clock) {
  const key = deriveKey(refreshKey, 'postern passkey challenge key v1')
  const macOf = (content: Uint8Array, purpose: Purpose, sessionId: string): Buffer =>
    createHmac('sha256', key).update(`${purpose}\n${sessionId}\n`).update(content).digest()

  return {
    /** `sessionId`: whose answer is accepted. Empty for someone who is about to sign in. */
    issue(purpose: Purpose, sessionId = ''): Challenge {
      const expiresAt = addSeconds(clock(), CHALLENGE_LIFE_SECONDS)
      const time = Buffer.alloc(TIME_BYTES)
      time.writeUIntBE(expiresAt.getTime(), 0, TIME_BYTES)
      const content = Buffer.concat([randomBytes(RANDOM_BYTES), time])
      return { bytes: Uint8Array.from([...content, ...macOf(content, purpose, sessionId)]), expiresAt }
    },

    /** `invalid`: not from this service, or for another purpose or session. */
    check(text: string, purpose: Purpose, sessionId = ''): CheckedChallenge | 'invalid' | 'expired' {
      const bytes = Uint8Array.from(Buffer.from(text, 'base64url'))
      if (bytes.length !== BYTES) return 'invalid'
      const content = bytes.subarray(0, RANDOM_BYTES + TIME_BYTES)
      const mac = bytes.subarray(RANDOM_BYTES + TIME_BYTES)
      if (!timingSafeEqual(mac, macOf(content, purpose, sessionId))) return 'invalid'
      const expiresAt = new Date(Buffer.from(content).readUIntBE(RANDOM_BYTES, TIME_BYTES))
      if (expiresAt <= clock()) return 'expired'
      return { bytes, expiresAt, hash: createHash('sha256').update(bytes).digest('hex') }
    },
  }
}
