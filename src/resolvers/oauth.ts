// The operations of oauth.graphql.
import type { MutationResolvers, QueryResolvers } from '../generated/graphql.js'
import { oauthInputs as inputs } from '../schema/oauth.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { Initiation, OAuthServices } from '../services/oauth/index.js'
import type { EarlierSessions } from '../services/sessions/index.js'
import type { SessionCookies } from './context.js'
import { existingId } from '../requests/existing-id.js'
import { deliverSignIn } from './session-delivery.js'

export const oauthQueries = ({ linking }: OAuthServices) =>
  ({
    async oauthAccounts(_, _args, context) {
      return linking.list(await context.viewer())
    },
  }) satisfies QueryResolvers

export function oauthMutations({ flows, linking }: OAuthServices, earlier: EarlierSessions) {
  /** In cookie mode the browser keeps the binding, and the service's own callback ends what begins here. */
  async function begin(
    cookies: SessionCookies | null,
    work: (options: { viaService: boolean; present: string | null }) => Promise<Initiation>,
  ): Promise<Initiation> {
    if (!cookies) return work({ viaService: false, present: null })
    cookies.permit()
    const initiation = await work({ viaService: true, present: cookies.oauthBinding })
    cookies.keepOAuth(initiation.binding)
    return { ...initiation, binding: '' }
  }

  return {
    async initiateOAuth(_, args, context) {
      const { provider, redirectTo, reauthenticate, termsVersion } = parse(inputs.initiate, args)
      const isFresh = reauthenticate ?? false
      const replaces = context.cookies ? await earlier.find(await context.presented()) : null
      return begin(context.cookies, (options) =>
        flows.beginSignIn(provider, redirectTo, { ...options, isFresh, replaces, termsVersion: termsVersion ?? null }),
      )
    },

    async completeOAuth(_, args, context) {
      const { binding, deviceToken, ...callback } = parse(inputs.complete, args.input)
      const device = context.cookies?.deviceToken ?? deviceToken ?? ''
      const session = await deliverSignIn(context, earlier, () =>
        flows.completeSignIn(callback, binding, context.client, device),
      )
      const { id: userId, email } = session.user
      context.identify(userId)
      return { ...session, userId, email }
    },

    async initiateOAuthLink(_, args, context) {
      const viewer = await context.viewer()
      const { provider, redirectTo } = parse(inputs.initiate, args)
      return begin(context.cookies, (options) => flows.beginLink(viewer, provider, redirectTo, options))
    },

    async linkOAuth(_, args, context) {
      const viewer = await context.viewer()
      const { binding, deviceToken: _device, ...callback } = parse(inputs.complete, args.input)
      return flows.completeLink(viewer, callback, binding)
    },

    async unlinkOAuth(_, args, context) {
      await linking.unlink(await context.viewer(), existingId(args.id))
      return true
    },
  } satisfies MutationResolvers
}
