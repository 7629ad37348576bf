// The variables of Shared Signals.
import { z } from 'zod'
import { seconds } from '@postern/service/values'

export const signalVariables = z.object({
  /** How long a signal waits for its receiver: by default a week, at most 90 days. */
  SIGNAL_RETENTION: seconds(604_800, 3600, 90 * 86_400),
})
