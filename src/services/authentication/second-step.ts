// The second step of a sign-in: a challenge that the first step has issued, and a code.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { ChallengeRepository, OpenChallenge } from '../../repositories/authentication/challenges.js'
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
  new ServiceError('UNAUTHENTICATED', {
    message: 'This sign-in took too long, or was completed already. Sign in again.',
  })

export function createSecondStep({
  challenges,
  withCode,
  signIn,
  clock,
}: {
  challenges: ChallengeRepository
  withCode: WithCode
  signIn: SignIn
  clock: Clock
}) {
  /** Counts the guess, whatever follows. */
  async function find(tokenHash: string, { userAgent }: Client): Promise<OpenChallenge> {
    const challenge = await challenges.guess(tokenHash, { limit: GUESSES, now: clock() })
    // Another program than the one that has proved the first factor.
    if (!challenge || challenge.userAgent !== userAgent) throw over()
    return challenge
  }

  return {
    /** Throws INVALID_CODE, RATE_LIMITED, and UNAUTHENTICATED if the challenge can't be used (any more). */
    async verify(step: SecondStep, client: Client, deviceToken: string): Promise<LoginResult> {
      const tokenHash = hashOfChallenge(step.challenge)
      if (tokenHash === null) throw over()
      const { account, totp, amr } = await find(tokenHash, client)
      const { signal } = client
      const guess = { account, totp, code: step.code, deviceToken, signal, actor: unknownActor(client) }
      return withCode({ ...guess, action: 'VERIFY_MFA' }, (code) =>
        signIn.complete(account, { amr: [...amr, code.amr, 'mfa'] }, client, {
          ...{ deviceToken, trustDevice: step.trustDevice },
          async use(tx) {
            const { app, countedAs } = code
            if (app && (await challenges.useWithCode(tx, tokenHash, { ...app, countedAs }))) return
            // A recovery code, or another request has used one of the two: finds out which.
            if (!(await challenges.use(tx, tokenHash))) throw over()
            await code.use(tx)
          },
        }),
      )
    },
  }
}
