// Resolves the operations of usernames.graphql.
import type {
  MutationResolvers,
  QueryResolvers,
  UsernameAvailabilityResolvers,
  UsernameStatsResolvers,
} from '../generated/graphql.js'
import { parse } from '@postern/service/input/parse'
import { usernameInputs as inputs } from '../schema/usernames.inputs.js'
import type { ProfileService } from '../services/accounts/index.js'
import { userActor } from '../services/audit/index.js'
import type { Tier, UsernameServices } from '../services/usernames/index.js'
import { existingId } from '../requests/existing-id.js'

export function usernameQueries(usernames: UsernameServices, profiles: ProfileService) {
  return {
    checkUsernameAvailability: (_, args) => usernames.availability.check(args.username),

    async usernameHistory(_, { userId }, context) {
      const { user } = await context.viewer()
      if (userId == null || userId === user.id) return usernames.claims.historyOf(user.id)
      await context.admin()
      return usernames.claims.historyOf((await profiles.find(existingId(userId))).id)
    },

    async protectedUsernames(_, args, context) {
      await context.admin()
      const { first, after } = parse(inputs.protectedUsernames, args)
      return usernames.protectedUsernames.list({ first: first ?? 1000, after: after ?? '' })
    },

    async usernameStats(_, _args, context) {
      await context.admin()
      return usernames.statistics.read()
    },
  } satisfies QueryResolvers
}

export function usernameMutations({ protectedUsernames }: UsernameServices) {
  return {
    async protectUsername(_, args, context) {
      const admin = userActor(await context.admin())
      await protectedUsernames.protect(args.username, admin)
      return true
    },

    async unprotectUsername(_, args, context) {
      const admin = userActor(await context.admin())
      return protectedUsernames.unprotect(args.username, admin)
    },
  } satisfies MutationResolvers
}

export function usernameTypes({ suggestions }: UsernameServices) {
  return {
    UsernameAvailability: {
      suggestions: (answer, args) => suggestions.similarTo(answer, parse(inputs.suggestions, args).first ?? 3),
    } satisfies UsernameAvailabilityResolvers,

    UsernameStats: {
      tiers: ({ shares }) => shares.map(({ tier, share }) => ({ tier: upperCase(tier), share })),
      mostRefused: ({ refused }, args) => refused.slice(0, parse(inputs.mostRefused, args).first ?? 10),
    } satisfies UsernameStatsResolvers,
  }
}

/** The compiler compares the result with the members of the enum in the SDL. */
const upperCase = (tier: Tier) => tier.toUpperCase() as Uppercase<Tier>
