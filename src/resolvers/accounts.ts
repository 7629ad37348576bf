// The operations of accounts.graphql.
import type { ChangePasswordInput, MutationResolvers, QueryResolvers, UserResolvers } from '../generated/graphql.js'
import type { AccountInputs } from '../schema/accounts.inputs.js'
import { parse, parseAll } from '@postern/service/input/parse'
import type { AccountServices } from '../services/accounts/index.js'
import { userActor } from '../services/audit/index.js'
import type { Viewer } from '../services/sessions/index.js'
import { connectionOf } from './connection.js'
import { existingId } from '../requests/existing-id.js'
import { deliverSession } from './session-delivery.js'

export function accountQueries(inputs: AccountInputs, { listing }: AccountServices) {
  return {
    async profile(_, _args, context) {
      return (await context.anyViewer()).user
    },

    async users(_, args, context) {
      await context.admin()
      const { role = null, first, after = null, last, before = null } = parse(inputs.users, args)
      const backward = last != null
      return connectionOf(await listing.list({ role, after, before, backward, size: last ?? first ?? 25 }))
    },
  } satisfies QueryResolvers
}

export function accountMutations(inputs: AccountInputs, services: AccountServices) {
  const { registration, profiles, passwordChanges, deletion, roles } = services

  const parsePasswordChange = (viewer: Viewer, input: ChangePasswordInput) =>
    parseAll(inputs.changePassword, input, (valid) => passwordChanges.findProblems(viewer, valid))

  return {
    async register(_, args, context) {
      const input = await parseAll(inputs.register, args.input, registration.findProblems)
      const user = await registration.signUp(input, context.client)
      if (!user) return { message: 'Open the mail that we have sent to this address.', user }
      context.identify(user.id)
      return { message: 'Your account is ready. Sign in to use it.', user }
    },

    async updateProfile(_, args, context) {
      const viewer = await context.viewer()
      const findProblems = (valid: object) => profiles.findProblems(viewer, valid)
      return profiles.update(viewer, await parseAll(inputs.updateProfile, args.input, findProblems))
    },

    async changePassword(_, args, context) {
      const viewer = await context.viewer()
      await passwordChanges.changePassword(viewer, await parsePasswordChange(viewer, args.input))
      context.forgetCookies()
      return true
    },

    async updatePassword(_, args, context) {
      const viewer = await context.viewer()
      const change = await parsePasswordChange(viewer, args.input)
      return deliverSession(context, () => passwordChanges.updatePassword(viewer, change))
    },

    async deleteAccount(_, args, context) {
      await deletion.delete(await context.viewer(), args.password ?? null)
      context.forgetCookies({ device: true })
      return true
    },

    async setUserRole(_, args, context) {
      const admin = userActor(await context.admin())
      const { id } = await roles.setRole({ id: existingId(args.userId) }, args.role, admin)
      return profiles.find(id)
    },
  } satisfies MutationResolvers
}

/** The fields that GraphQL names or shapes differently from the database row. */
export const userFields = ({ terms }: Pick<AccountServices, 'terms'>): UserResolvers => ({
  termsAccepted: (user) => terms.areAccepted(user),
  isEmailVerified: (user) => user.emailVerifiedAt !== null,
  address: ({ streetName, city, state, zipCode, country }) =>
    [streetName, city, state, zipCode, country].some((part) => part !== null)
      ? { streetName, city, state, zipCode, country }
      : null,
})
