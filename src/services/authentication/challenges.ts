// Challenges: what a client gets whose person has proved one factor of two. They are good for nothing but the second one.
import { createHash, randomBytes } from 'node:crypto'
import { ServiceError } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { Challenge, ChallengeRepository } from '../../repositories/authentication/challenges.js'

const CHALLENGE_LIFE_SECONDS = 300

/** The form keeps any other text, such as a token of a session, from being looked up. */
const FORM = /^mfa_[\w-]{43}$/

/** What can be the second factor. */
const METHODS = ['TOTP', 'RECOVERY_CODE'] as const

export type Challenges = ReturnType<typeof createChallenges>

/** Null for text that is no challenge. */
export const hashOfChallenge = (token: string): string | null =>
  FORM.test(token) ? createHash('sha256').update(token).digest('hex') : null

export function createChallenges({ challenges, clock }: { challenges: ChallengeRepository; clock: Clock }) {
  return {
    /** Resolves to the MFA_REQUIRED that carries a new challenge. */
    async issue(proved: Omit<Challenge, 'tokenHash'>): Promise<ServiceError> {
      const challenge = `mfa_${randomBytes(32).toString('base64url')}`
      const expiresAt = addSeconds(clock(), CHALLENGE_LIFE_SECONDS)
      await challenges.insert({ ...proved, tokenHash: hashOfChallenge(challenge) ?? '' }, expiresAt)
      return new ServiceError('MFA_REQUIRED', {
        details: { challenge, methods: METHODS, expiresAt: expiresAt.toISOString() },
      })
    },
  }
}
