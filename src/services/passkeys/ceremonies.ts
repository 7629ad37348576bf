// What both ceremonies have in common: a challenge at their start, and the checks of the response before the library's.
import type { Challenge, Challenges, CheckedChallenge, Purpose } from './challenges.js'
import { readClientData, type Refusal } from './responses.js'
import type { RelyingParty } from './webauthn.js'

/** What a browser needs for a ceremony. */
export interface PasskeyOptions {
  publicKey: object
  expiresAt: Date
}

export type Ceremonies = ReturnType<typeof createCeremonies>

export function createCeremonies(challenges: Challenges, party: RelyingParty) {
  return {
    party,

    async start(
      purpose: Purpose,
      sessionId: string,
      optionsFor: (challenge: Challenge['bytes']) => Promise<object>,
    ): Promise<PasskeyOptions> {
      const { bytes, expiresAt } = challenges.issue(purpose, sessionId)
      return { publicKey: await optionsFor(bytes), expiresAt }
    },

    /** The challenge that the response answers, and that is still to be used up. */
    check(clientDataJSON: string, purpose: Purpose, sessionId: string): CheckedChallenge | Refusal {
      const data = readClientData(clientDataJSON)
      if (!data) return 'rejected'
      if (data.isFramed || !party.origins.includes(data.origin)) return 'origin'
      const challenge = challenges.check(data.challenge, purpose, sessionId)
      return challenge === 'invalid' ? 'challenge' : challenge
    },
  }
}
