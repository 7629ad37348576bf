// Counts a call of an operation that has a limit: @rateLimit in the schema. Both doors count the same calls.
import { networkOf } from '@postern/service/networks'
import type { CallLimits } from '../services/limits/index.js'

/** Who calls. `userId` signs the caller in, and is called only for operations with a limit per user. */
export interface LimitedCaller {
  readonly ipAddress: string | null
  readonly userId: () => Promise<string>
}

/** Throws RATE_LIMITED with `retryAfter`, and what `userId` throws. */
export async function countCall(
  limits: CallLimits,
  operation: string,
  { ipAddress, userId }: LimitedCaller,
): Promise<void> {
  if (limits.has(operation, 'ADDRESS')) await limits.count(operation, 'ADDRESS', networkOf(ipAddress ?? ''))
  if (limits.has(operation, 'USER')) await limits.count(operation, 'USER', await userId())
}

/** Whether calls of the operation are counted here. */
export const isLimited = (limits: CallLimits, operation: string): boolean =>
  limits.has(operation, 'ADDRESS') || limits.has(operation, 'USER')
