// The operations of personal-data.graphql.
import type { MutationResolvers } from '../generated/graphql.js'
import { parse } from '@postern/service/input/parse'
import { personalDataInputs as inputs } from '../schema/personal-data.inputs.js'
import type { AccountServices } from '../services/accounts/index.js'
import { userActor } from '../services/audit/index.js'
import { existingId } from '../requests/existing-id.js'

export function personalDataMutations({ cancellation, dataExport, deletion, terms }: AccountServices) {
  return {
    async cancelAccountDeletion(_, args, context) {
      context.identify(await cancellation.cancel(parse(inputs.token, args).token, context.client))
      return true
    },

    async deleteUser(_, args, context) {
      await deletion.eraseNow(existingId(args.userId), userActor(await context.admin()))
      return true
    },

    async exportMyData(_, _args, context) {
      return dataExport.export(await context.viewer())
    },

    async requestDataExport(_, _args, context) {
      await dataExport.request(await context.viewer())
      return true
    },

    async downloadDataExport(_, args, context) {
      return dataExport.download(await context.viewer(), parse(inputs.token, args).token)
    },

    async acceptTerms(_, args, context) {
      return terms.accept(await context.viewer(), parse(inputs.acceptTerms, args).version)
    },
  } satisfies MutationResolvers
}
