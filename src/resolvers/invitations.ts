// The operations of invitations.graphql.
import type { MutationResolvers, QueryResolvers } from '../generated/graphql.js'
import { invitationInputs as inputs } from '../schema/invitations.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { AccountServices } from '../services/accounts/index.js'
import { existingId } from '../requests/existing-id.js'

export function invitationQueries({ invitations }: AccountServices) {
  return {
    async invitations(_, _args, context) {
      await context.admin()
      return invitations.list()
    },
  } satisfies QueryResolvers
}

export function invitationMutations({ invitations }: AccountServices) {
  return {
    async createInvitation(_, args, context) {
      return invitations.create(await context.admin(), parse(inputs.create, args.input))
    },

    async revokeInvitation(_, args, context) {
      await invitations.revoke(await context.admin(), existingId(args.id))
      return true
    },
  } satisfies MutationResolvers
}
