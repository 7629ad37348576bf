// Step-up: what decides where the messages of a person or of the deployment go is for callers who have lately proved who they are. An
// access token that was stolen is not enough. Push devices need none: docs/adr/0067-turns-and-ends.md says why.
import type { Clock } from '../clock.js'
import { ServiceError } from '../errors.js'
import type { Caller } from './caller.js'

/** How long ago a user can have signed in, or confirmed who they are: as long as for the account service. */
const STEP_UP_SECONDS = 600

/** How far ahead of this clock a proof may be: the clocks of two servers differ. */
const MOST_AHEAD_SECONDS = 60

/** Throws REAUTHENTICATION_REQUIRED, with `maxAge` in seconds. Services prove who they are with each call. */
export function requireRecentProof(caller: Caller, clock: Clock): void {
  if (caller.kind === 'service') return
  const age = caller.authTime === null ? Infinity : (clock().getTime() - caller.authTime.getTime()) / 1000
  if (age > STEP_UP_SECONDS || age < -MOST_AHEAD_SECONDS)
    throw new ServiceError('REAUTHENTICATION_REQUIRED', { details: { maxAge: STEP_UP_SECONDS } })
}
