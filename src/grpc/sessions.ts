// The RPCs of sessions: Login, VerifyMfa, RefreshToken, Logout and ListSessions.
import { deliverSession, deliverSignIn } from '../resolvers/session-delivery.js'
import { authenticationInputs } from '../schema/authentication.inputs.js'
import { factorInputs } from '../schema/factors.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { AuthenticationServices } from '../services/authentication/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import { tokensOf, writeSession, type WriteUser } from './messages.js'
import type { Runs } from './rpc.js'

type SessionRuns = Pick<Runs, 'login' | 'verifyMfa' | 'refreshToken' | 'logout' | 'listSessions'>

export const sessionRuns = (
  { login, refresh, secondStep }: AuthenticationServices,
  { endings, earlier, sessions }: Pick<SessionServices, 'endings' | 'earlier' | 'sessions'>,
  writeUser: WriteUser,
): SessionRuns => ({
  async login(request, context) {
    const input = parse(authenticationInputs.login, request)
    const device = input.deviceToken ?? ''
    const session = await deliverSignIn(context, earlier, () => login.login(input, context.client, device))
    context.identify(session.user.id)
    return { ...tokensOf(session), deviceToken: session.deviceToken, user: writeUser(session.user) }
  },

  async verifyMfa(request, context) {
    const input = parse(factorInputs.verifyMfa, request)
    const device = input.deviceToken ?? ''
    const session = await deliverSignIn(context, earlier, () => secondStep.verify(input, context.client, device))
    context.identify(session.user.id)
    return { ...tokensOf(session), deviceToken: session.deviceToken, user: writeUser(session.user) }
  },

  async refreshToken({ refreshToken, userId }, context) {
    const input = parse(authenticationInputs.refreshToken, { userId })
    return tokensOf(await deliverSession(context, () => refresh.refresh(refreshToken, input.userId, context.client)))
  },

  async logout(_, context) {
    await endings.logout(await context.anyViewer())
    return {}
  },

  async listSessions(_, context) {
    return { sessions: (await sessions.list(await context.viewer())).map(writeSession) }
  },
})
