// The operations of factors.graphql.
import type { MutationResolvers, QueryResolvers } from '../generated/graphql.js'
import { factorInputs } from '../schema/factors.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { AuthenticationServices } from '../services/authentication/index.js'
import type { FactorServices } from '../services/factors/index.js'
import type { EarlierSessions } from '../services/sessions/index.js'
import { deliverSession, deliverSignIn } from './session-delivery.js'

export const factorQueries = ({ changes }: FactorServices) =>
  ({
    async mfa(_, _args, context) {
      return changes.state(await context.anyViewer())
    },
  }) satisfies QueryResolvers

export function factorMutations(
  { enrollment, changes }: FactorServices,
  { secondStep, reauthentication }: AuthenticationServices,
  earlier: EarlierSessions,
) {
  return {
    async verifyMfa(_, args, context) {
      const input = parse(factorInputs.verifyMfa, args.input)
      const device = context.cookies?.deviceToken ?? input.deviceToken ?? ''
      const session = await deliverSignIn(context, earlier, () => secondStep.verify(input, context.client, device))
      const { id: userId, email } = session.user
      context.identify(userId)
      return { ...session, userId, email }
    },

    async reauthenticate(_, args, context) {
      const viewer = await context.anyViewer()
      const proof = parse(factorInputs.reauthenticate, args.input)
      const device = context.cookies?.deviceToken ?? proof.deviceToken ?? ''
      return deliverSession(context, () => reauthentication.reauthenticate(viewer, proof, device))
    },

    async startMfaEnrollment(_, _args, context) {
      return enrollment.start(await context.anyViewer())
    },

    async enableMfa(_, args, context) {
      const viewer = await context.anyViewer()
      const input = parse(factorInputs.enableMfa, args.input)
      return deliverSession(context, () => enrollment.enable(viewer, input))
    },

    async disableMfa(_, _args, context) {
      const viewer = await context.viewer()
      return deliverSession(context, () => changes.disable(viewer))
    },

    async replaceRecoveryCodes(_, _args, context) {
      return changes.replaceRecoveryCodes(await context.viewer())
    },
  } satisfies MutationResolvers
}
