import { AuthError } from '../errors.js'
import type {
  MutationResolvers,
  QueryResolvers,
  UsernameAvailabilityResolvers,
  UsernameStatsResolvers,
} from '../generated/graphql.js'
import { type Inputs, parse } from '../schema/inputs.js'
import { isId } from '../schema/rules.js'
import type { ProfileService } from '../services/profiles.js'
import type { ProtectedUsernames } from '../services/protected-usernames.js'
import type { UsernameAvailabilityService } from '../services/username-availability.js'
import type { UsernameClaims } from '../services/username-claims.js'
import type { UsernameStatisticsService } from '../services/username-statistics.js'
import type { UsernameSuggestions } from '../services/username-suggestions.js'

export interface UsernameServices {
  availability: UsernameAvailabilityService
  suggestions: UsernameSuggestions
  protectedNames: ProtectedUsernames
  statistics: UsernameStatisticsService
  claims: Pick<UsernameClaims, 'historyOf'>
}

export function usernameQueries(inputs: Inputs, usernames: UsernameServices, profiles: ProfileService) {
  return {
    checkUsernameAvailability: (_, args) => usernames.availability.check(args.username),

    async usernameHistory(_, { userId }, context) {
      const { user } = await context.viewer()
      if (userId == null || userId === user.id) return usernames.claims.historyOf(user.id)
      await context.admin()
      if (!isId(userId)) throw new AuthError('NOT_FOUND')
      return usernames.claims.historyOf((await profiles.find(userId)).id)
    },

    async protectedUsernames(_, args, context) {
      await context.admin()
      const { first, after } = parse(inputs.protectedUsernames, args)
      return usernames.protectedNames.list({ first: first ?? 1000, after: after ?? '' })
    },

    async usernameStats(_, _args, context) {
      await context.admin()
      return usernames.statistics.read()
    },
  } satisfies QueryResolvers
}

export function usernameMutations({ protectedNames }: UsernameServices) {
  return {
    async protectUsername(_, args, context) {
      await context.admin()
      await protectedNames.protect(args.username)
      return true
    },

    async unprotectUsername(_, args, context) {
      await context.admin()
      return protectedNames.unprotect(args.username)
    },
  } satisfies MutationResolvers
}

export function usernameTypes(inputs: Inputs, { suggestions }: UsernameServices) {
  return {
    UsernameAvailability: {
      suggestions: (answer, args) => suggestions.near(answer, parse(inputs.suggestions, args).first ?? 3),
    } satisfies UsernameAvailabilityResolvers,

    UsernameStats: {
      tiers: ({ shares }) => shares.map(({ tier, share }) => ({ tier: UPPER[tier], share })),
      mostRefused: ({ refused }, args) => refused.slice(0, parse(inputs.mostRefused, args).first ?? 10),
    } satisfies UsernameStatsResolvers,
  }
}

const UPPER = { rules: 'RULES', memory: 'MEMORY', redis: 'REDIS', mysql: 'MYSQL' } as const
