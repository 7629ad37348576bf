// The operations of passkeys.graphql.
import { ServiceError } from '@postern/service/errors'
import type { MutationResolvers, QueryResolvers } from '../generated/graphql.js'
import { parse } from '@postern/service/input/parse'
import { passkeyInputs as inputs } from '../schema/passkeys.inputs.js'
import type { PasskeyServices } from '../services/passkeys/index.js'
import type { EarlierSessions } from '../services/sessions/index.js'
import { existingId } from '../requests/existing-id.js'
import { deliverSession, deliverSignIn } from './session-delivery.js'

/** Throws FORBIDDEN if the service has no passkeys. */
function required(passkeys: PasskeyServices | null): PasskeyServices {
  if (passkeys) return passkeys
  const message = 'This service has no passkeys. It needs PASSKEY_RP_ID, or an https URL as APP_URL.'
  throw new ServiceError('FORBIDDEN', { message })
}

export const passkeyQueries = (passkeys: PasskeyServices | null) =>
  ({
    async passkeys(_, _args, context) {
      const viewer = await context.viewer()
      return passkeys ? passkeys.own.list(viewer) : []
    },
  }) satisfies QueryResolvers

export function passkeyMutations(passkeys: PasskeyServices | null, earlier: EarlierSessions) {
  return {
    startPasskeyLogin: () => required(passkeys).login.start(),

    async finishPasskeyLogin(_, args, context) {
      const { login } = required(passkeys)
      const { response, deviceToken } = parse(inputs.finishLogin, args.input)
      const device = context.cookies?.deviceToken ?? deviceToken ?? ''
      const session = await deliverSignIn(context, earlier, () => login.finish(response, context.client, device))
      const { id: userId, email } = session.user
      context.identify(userId)
      return { ...session, userId, email }
    },

    async startPasskeyReauthentication(_, _args, context) {
      const viewer = await context.anyViewer()
      return required(passkeys).reauthentication.start(viewer)
    },

    async finishPasskeyReauthentication(_, args, context) {
      const viewer = await context.anyViewer()
      const { reauthentication } = required(passkeys)
      const { response } = parse(inputs.finishReauthentication, args)
      return deliverSession(context, () => reauthentication.finish(viewer, response))
    },

    async startPasskeyRegistration(_, _args, context) {
      const viewer = await context.anyViewer()
      return required(passkeys).registration.start(viewer)
    },

    async finishPasskeyRegistration(_, args, context) {
      const viewer = await context.anyViewer()
      const { response, name } = parse(inputs.finishRegistration, args.input)
      return required(passkeys).registration.finish(viewer, response, name ?? null)
    },

    async renamePasskey(_, { input }, context) {
      const viewer = await context.viewer()
      return required(passkeys).own.rename(viewer, { id: existingId(input.id), ...parse(inputs.rename, input) })
    },

    async removePasskey(_, { id }, context) {
      const viewer = await context.viewer()
      await required(passkeys).own.remove(viewer, existingId(id))
      return true
    },
  } satisfies MutationResolvers
}
