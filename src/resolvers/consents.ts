// The operations of consents.graphql.
import { ServiceError } from '@postern/service/errors'
import { parse } from '@postern/service/input/parse'
import type { MutationResolvers, QueryResolvers } from '../generated/graphql.js'
import { consentInputs as inputs } from '../schema/consents.inputs.js'
import type { ConsentServices } from '../services/consents/index.js'
import { connectionOf } from './connection.js'

/** Throws FORBIDDEN if the deployment has no consents. */
function required(consents: ConsentServices | null): ConsentServices {
  if (consents) return consents
  throw new ServiceError('FORBIDDEN', { message: 'This deployment has no consents. It needs CONSENT_GRPC_URL.' })
}

export const consentQueries = (consents: ConsentServices | null) =>
  ({
    async consentPurposes(_, args, { client }) {
      const { language = null } = parse(inputs.consentPurposes, args)
      return required(consents).purposes(language, client)
    },

    async myConsents(_, args, context) {
      const viewer = await context.viewer()
      const { first, after = null, last, before = null } = parse(inputs.myConsents, args)
      const page = { after, before, backward: last != null, size: last ?? first ?? 25 }
      return connectionOf(await required(consents).list(viewer, page, context.client))
    },

    async consentHistory(_, args, context) {
      const viewer = await context.viewer()
      const { purpose = null, first, after } = parse(inputs.consentHistory, args)
      const page = { purpose, size: first ?? 25, after: after ?? '' }
      const { events: entries, nextPage } = await required(consents).history(viewer, page, context.client)
      return { entries, nextPage }
    },
  }) satisfies QueryResolvers

export const consentMutations = (consents: ConsentServices | null) =>
  ({
    async grantConsent(_, args, context) {
      const viewer = await context.viewer()
      const { language, scopes, ...grant } = parse(inputs.grantConsent, args.input)
      const given = { ...grant, language: language ?? undefined, scopes: scopes ?? undefined }
      return required(consents).grant(viewer, given, context.client)
    },

    async revokeConsent(_, args, context) {
      const viewer = await context.viewer()
      return required(consents).revoke(viewer, parse(inputs.revokeConsent, args).purpose, context.client)
    },

    async exportMyConsents(_, { format }, context) {
      const viewer = await context.viewer()
      return required(consents).export(viewer, format, context.client)
    },
  }) satisfies MutationResolvers
