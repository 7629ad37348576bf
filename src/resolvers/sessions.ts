// The operations of sessions.graphql.
import { ServiceError } from '@postern/service/errors'
import type { MutationResolvers, QueryResolvers } from '../generated/graphql.js'
import { userActor } from '../services/audit/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import { existingId } from '../requests/existing-id.js'

export const sessionQueries = ({ sessions }: SessionServices) =>
  ({
    async sessions(_, _args, context) {
      return sessions.list(await context.viewer())
    },
  }) satisfies QueryResolvers

export const sessionMutations = ({ endings }: SessionServices) =>
  ({
    async revokeSession(_, args, context) {
      const viewer = await context.viewer()
      await endings.revoke(viewer, existingId(args.id))
      if (args.id === viewer.sessionId) context.forgetCookies()
      return true
    },

    async revokeUserSession(_, { userId, sessionId }, context) {
      const admin = await context.admin()
      const isEnded = await endings.revokeOne(existingId(userId), existingId(sessionId), userActor(admin))
      if (!isEnded) throw new ServiceError('NOT_FOUND')
      if (sessionId === admin.sessionId) context.forgetCookies()
      return true
    },

    async revokeUserSessions(_, args, context) {
      const admin = userActor(await context.admin())
      return endings.revokeAllOf(existingId(args.userId), admin)
    },
  }) satisfies MutationResolvers
