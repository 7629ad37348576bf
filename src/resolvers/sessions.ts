import { AuthError } from '../errors.js'
import type { MutationResolvers, QueryResolvers } from '../generated/graphql.js'
import { isId } from '../schema/rules.js'
import type { ProfileService } from '../services/profiles.js'
import type { RoleService } from '../services/roles.js'
import type { SessionEndings } from '../services/session-endings.js'
import type { SessionService } from '../services/sessions.js'

/** What is no id of ours names nothing. */
function existing(id: string): string {
  if (!isId(id)) throw new AuthError('NOT_FOUND')
  return id
}

export const sessionQueries = (sessions: SessionService) =>
  ({
    async sessions(_, _args, context) {
      return sessions.list(await context.viewer())
    },
  }) satisfies QueryResolvers

export function sessionMutations(endings: SessionEndings, roles: RoleService, profiles: ProfileService) {
  return {
    async revokeSession(_, args, context) {
      await endings.revoke(await context.viewer(), existing(args.id))
      return true
    },

    async revokeUserSessions(_, args, context) {
      await context.admin()
      return endings.revokeAllOf(existing(args.userId))
    },

    async setUserRole(_, args, context) {
      const { user } = await context.admin()
      const { id } = await roles.setRole({ id: existing(args.userId) }, args.role, user.id)
      return profiles.find(id)
    },
  } satisfies MutationResolvers
}
