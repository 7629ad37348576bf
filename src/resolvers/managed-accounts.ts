// The operations of managed-accounts.graphql.
import type { ManagedAccountResolvers, MutationResolvers, QueryResolvers } from '../generated/graphql.js'
import { managedAccountInputs as inputs } from '../schema/managed-accounts.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { AccountServices } from '../services/accounts/index.js'
import { userActor } from '../services/audit/index.js'
import type { FactorServices } from '../services/factors/index.js'
import type { LimitServices } from '../services/limits/index.js'
import type { OAuthServices } from '../services/oauth/index.js'
import type { PasskeyServices } from '../services/passkeys/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import { existingId } from '../requests/existing-id.js'

export const managedAccountQueries = ({ managed, search }: AccountServices) =>
  ({
    async searchUsers(_, args, context) {
      await context.admin()
      const { text, first } = parse(inputs.searchUsers, args)
      return search(text, first ?? 20)
    },

    async managedAccount(_, { userId }, context) {
      const admin = await context.admin()
      return managed.find(existingId(userId), admin)
    },
  }) satisfies QueryResolvers

export const managedAccountMutations = ({ managed, disabling }: AccountServices) =>
  ({
    async disableUser(_, { userId }, context) {
      const admin = await context.admin()
      await disabling.disable(existingId(userId), userActor(admin))
      return managed.find(userId, admin)
    },

    async enableUser(_, { userId }, context) {
      const admin = await context.admin()
      await disabling.enable(existingId(userId), userActor(admin))
      return managed.find(userId, admin)
    },
  }) satisfies MutationResolvers

/** What other domains know of the account, each read only if the document selects it. */
export const managedAccountFields = ({
  accounts: { managed },
  sessions: { sessions },
  factors: { changes },
  limits,
  oauth,
  passkeys,
}: {
  accounts: AccountServices
  sessions: SessionServices
  factors: FactorServices
  limits: LimitServices
  oauth: OAuthServices
  passkeys: PasskeyServices | null
}): ManagedAccountResolvers => ({
  lockedUntil: ({ user }) => limits.lockedUntil(user.id),
  sessions: ({ user, viewerSessionId: sessionId }) => sessions.list({ user, sessionId }),
  hasPassword: ({ user }) => managed.hasPassword(user.id),
  mfa: ({ user }) => changes.state({ user }),
  passkeys: ({ user }) => passkeys?.own.list({ user }) ?? [],
  oauthAccounts: ({ user }) => oauth.linking.list({ user }),
})
