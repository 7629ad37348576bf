// The second step of a sign-in: a challenge that the first step has issued, and a code.
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Challenge, ChallengeRepository } from '../../repositories/authentication/challenges.js'
import type { Clock } from '../../platform/clock.js'
import { AuthError } from '../../platform/errors.js'
import { unknownActor } from '../audit/index.js'
import type { Client } from '../sessions/index.js'
import { hashOfChallenge } from './challenges.js'
import type { WithCode } from './code-guesses.js'
import type { LoginResult, SignIn } from './sign-in.js'

/** Guesses per challenge: after that, the first factor must be proved again. */
const GUESSES = 5

export interface SecondStep {
  challenge: string
  /** 6 digits of an authenticator app, or a recovery code. */
  code: string
  trustDevice: boolean
}

export type SecondStepService = ReturnType<typeof createSecondStep>

/** Says nothing about why: expired, used, guessed too often, void, or never issued. */
const over = () =>
  new AuthError('UNAUTHENTICATED', { message: 'This sign-in took too long, or was completed already. Sign in again.' })

export function createSecondStep({
  users,
  challenges,
  withCode,
  signIn,
  clock,
}: {
  users: UserRepository
  challenges: ChallengeRepository
  withCode: WithCode
  signIn: SignIn
  clock: Clock
}) {
  /** Counts the guess, whatever follows. */
  async function find(token: string, { userAgent }: Client): Promise<Challenge> {
    const hash = hashOfChallenge(token)
    const limits = { limit: GUESSES, now: clock() }
    const challenge = hash === null ? null : await challenges.guess(hash, limits)
    // Another program than the one that has proved the first factor.
    if (!challenge || challenge.userAgent !== userAgent) throw over()
    return challenge
  }

  return {
    /** Throws INVALID_CODE, RATE_LIMITED, and UNAUTHENTICATED if the challenge can't be used (any more). */
    async verify(step: SecondStep, client: Client, deviceToken: string): Promise<LoginResult> {
      const challenge = await find(step.challenge, client)
      const account = await users.findForSignIn(challenge.userId)
      if (!account || account.generation !== challenge.generation) throw over()
      const guess = { account, code: step.code, deviceToken, action: 'VERIFY_MFA', signal: client.signal } as const
      return withCode({ ...guess, actor: unknownActor(client) }, (code) =>
        signIn.complete(account, { amr: [...challenge.amr, code.amr, 'mfa'] }, client, {
          ...{ deviceToken, trustDevice: step.trustDevice },
          async use(tx) {
            if (!(await challenges.use(tx, challenge.tokenHash))) throw over()
            await code.use(tx)
          },
        }),
      )
    },
  }
}
