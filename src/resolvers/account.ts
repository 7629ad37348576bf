import type { MutationResolvers, QueryResolvers, UserResolvers } from '../generated/graphql.js'
import { parse, type Inputs } from '../schema/inputs.js'
import type { AccountService } from '../services/account.js'
import type { ProfileService } from '../services/profiles.js'

export function accountQueries(inputs: Inputs, profiles: ProfileService) {
  return {
    async profile(_, _args, context) {
      return (await context.viewer()).user
    },

    async users(_, args, context) {
      await context.admin()
      const { role = null, first, after = null } = parse(inputs.users, args)
      const { users, hasNextPage } = await profiles.list({ role, first: first ?? 25, after })
      return {
        edges: users.map((user) => ({ cursor: user.id, node: user })),
        pageInfo: { hasNextPage, endCursor: users.at(-1)?.id ?? null },
      }
    },
  } satisfies QueryResolvers
}

export function accountMutations(inputs: Inputs, profiles: ProfileService, account: AccountService) {
  return {
    async updateProfile(_, args, context) {
      const viewer = await context.viewer()
      return profiles.update(viewer, parse(inputs.updateProfile, args.input))
    },

    async changePassword(_, args, context) {
      const viewer = await context.viewer()
      const { oldPassword, newPassword } = parse(inputs.changePassword, args.input)
      await account.changePassword(viewer, oldPassword, newPassword)
      context.forgetCookies()
      return true
    },

    async deleteAccount(_, args, context) {
      await account.delete(await context.viewer(), args.password)
      context.forgetCookies()
      return true
    },
  } satisfies MutationResolvers
}

/** What a row and its GraphQL type call differently. */
export const User: UserResolvers = {
  isEmailVerified: (user) => user.emailVerifiedAt !== null,
  address: ({ streetName, city, state, zipCode, country }) =>
    [streetName, city, state, zipCode, country].some((part) => part !== null)
      ? { streetName, city, state, zipCode, country }
      : null,
}
