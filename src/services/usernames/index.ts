// Usernames: availability, suggestions, claims, the policy, and statistics.
import type { UsernameAvailabilityService } from './availability.js'
import type { UsernameClaims } from './claims.js'
import type { ProtectedUsernames } from './protected-usernames.js'
import type { UsernameStatisticsService } from './statistics.js'
import type { UsernameSuggestions } from './suggestions.js'

export { createUsernameAvailability, STORE_BATCHES, type UsernameAvailabilityService } from './availability.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { Availability } from './availability.js'
export { createUsernameClaims, type UsernameClaims } from './claims.js'
export { createUsernamePolicy } from './policy.js'
export { createProcessCache } from './process-cache.js'
export { createProtectedUsernames } from './protected-usernames.js'
export { createReservedUsernames } from './reserved-usernames.js'
export { createUsernameStatistics } from './statistics.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { Statistics } from './statistics.js'
export { createUsernameSuggestions } from './suggestions.js'
export { type Tier, TIERS } from './tiers.js'
export { createUsernameWarming } from './warming.js'

export interface UsernameServices {
  availability: UsernameAvailabilityService
  suggestions: UsernameSuggestions
  protectedUsernames: ProtectedUsernames
  statistics: UsernameStatisticsService
  claims: Pick<UsernameClaims, 'historyOf'>
}
