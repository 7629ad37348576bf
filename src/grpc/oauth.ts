// The RPCs of sign-ins at providers: InitiateOAuth and CompleteOAuth.
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { deliverSignIn } from '../resolvers/session-delivery.js'
import { oauthInputs } from '../schema/oauth.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { OAuthServices } from '../services/oauth/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import { tokensOf, type WriteUser } from './messages.js'
import type { Runs } from './rpc.js'

export const oauthRuns = (
  { flows }: OAuthServices,
  { earlier }: Pick<SessionServices, 'earlier'>,
  writeUser: WriteUser,
): Pick<Runs, 'initiateOAuth' | 'completeOAuth'> => ({
  async initiateOAuth(request) {
    const { provider, redirectTo, reauthenticate, termsVersion } = parse(oauthInputs.initiate, request)
    const { authorizationUrl, binding, expiresAt } = await flows.beginSignIn(provider, redirectTo, {
      // A frontend handles the redirect, as it does without cookies.
      ...{ viaService: false, present: null },
      isFresh: reauthenticate ?? false,
      termsVersion: termsVersion ?? null,
    })
    return { authorizationUrl, binding, expiresAt: timestampFromDate(expiresAt) }
  },

  async completeOAuth(request, context) {
    const { binding, deviceToken, ...callback } = parse(oauthInputs.complete, request)
    const session = await deliverSignIn(context, earlier, () =>
      flows.completeSignIn(callback, binding, context.client, deviceToken ?? ''),
    )
    context.identify(session.user.id)
    return { ...tokensOf(session), deviceToken: session.deviceToken, user: writeUser(session.user) }
  },
})
