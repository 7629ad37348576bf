// The operations of verification.graphql.
import type { MutationResolvers } from '../generated/graphql.js'
import { parse } from '@postern/service/input/parse'
import type { VerificationInputs } from '../schema/verification.inputs.js'
import type { VerificationServices } from '../services/verification/index.js'

export function verificationMutations(inputs: VerificationInputs, services: VerificationServices) {
  const { emailVerification, emailChange, mailRequests, passwordReset } = services
  return {
    async verifyEmail(_, args, context) {
      context.identify(await emailVerification.verify(parse(inputs.verifyEmail, args.input), context.client))
      return true
    },

    async resendVerificationCode(_, args, context) {
      await mailRequests.add('VERIFY_EMAIL', parse(inputs.address, args).email, context.client)
      return true
    },

    async requestPasswordReset(_, args, context) {
      await mailRequests.add('RESET_PASSWORD', parse(inputs.address, args).email, context.client)
      return true
    },

    async resetPassword(_, args, context) {
      context.identify(await passwordReset.reset(parse(inputs.resetPassword, args.input), context.client))
      return true
    },

    async requestEmailChange(_, args, context) {
      await emailChange.request(await context.viewer(), parse(inputs.requestEmailChange, args.input))
      return true
    },

    async confirmEmailChange(_, args, context) {
      await emailChange.confirm(await context.viewer(), parse(inputs.confirmEmailChange, args).code)
      return true
    },
  } satisfies MutationResolvers
}
