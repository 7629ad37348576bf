// Step-up: sensitive operations need a recent proof of identity, with the second factor if the account has one.
import { acrOf } from '@postern/contract/claims'
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { Viewer } from '../sessions/index.js'

/** How old the proof may be. */
const STEP_UP_SECONDS = 600

/** How far ahead of this clock a proof may be: the clocks of two servers differ. */
const MOST_AHEAD_SECONDS = 60

const reauthenticationRequired = (message?: string) =>
  new ServiceError('REAUTHENTICATION_REQUIRED', { details: { maxAge: STEP_UP_SECONDS }, ...(message && { message }) })

export interface StepUp {
  /** Throws REAUTHENTICATION_REQUIRED, with `maxAge` in seconds. */
  require: (viewer: Viewer) => Promise<void>
  /**
   * The same for an operation that takes the current password. That proves the first factor, but not the second: an account
   * that has one needs a recent proof with it as well.
   */
  requireBesidesPassword: (viewer: Viewer) => Promise<void>
}

export function createStepUp({
  hasSecondFactor,
  hasPasskey,
  clock,
}: {
  hasSecondFactor: (userId: string) => Promise<boolean>
  hasPasskey: (userId: string) => Promise<boolean>
  clock: Clock
}): StepUp {
  /** Not in the future either: after a clock was set back, such a proof would stay recent for long. */
  function isRecent({ authTime }: Viewer): boolean {
    const seconds = (clock().getTime() - authTime.getTime()) / 1000
    return seconds <= STEP_UP_SECONDS && seconds >= -MOST_AHEAD_SECONDS
  }

  return {
    async require(viewer) {
      if (!isRecent(viewer)) throw reauthenticationRequired()
      if (acrOf(viewer.amr) === 'aal2') return
      if (await hasSecondFactor(viewer.user.id)) throw reauthenticationRequired()
      // Where two factors are required, a password alone would otherwise lead in: with an app or passkey that it adds.
      if (viewer.mustEnroll && (await hasPasskey(viewer.user.id)))
        throw reauthenticationRequired("Confirm with your passkey that it's you, and try again.")
    },

    async requireBesidesPassword(viewer) {
      if (acrOf(viewer.amr) === 'aal2' && isRecent(viewer)) return
      if (await hasSecondFactor(viewer.user.id)) throw reauthenticationRequired()
    },
  }
}
