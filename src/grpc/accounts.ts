// The RPCs of accounts: Register, GetUserProfile and UpdateUserProfile.
import type { AccountInputs } from '../schema/accounts.inputs.js'
import { parseAll } from '@postern/service/input/parse'
import type { AccountServices } from '../services/accounts/index.js'
import type { WriteUser } from './messages.js'
import { profileChanges } from './profile-changes.js'
import type { Runs } from './rpc.js'

type AccountRuns = Pick<Runs, 'register' | 'getUserProfile' | 'updateUserProfile'>

export const accountRuns = (
  inputs: AccountInputs,
  { registration, profiles }: AccountServices,
  writeUser: WriteUser,
): AccountRuns => ({
  async register({ $typeName: _, ...request }, context) {
    const input = await parseAll(inputs.register, request, registration.findProblems)
    const user = await registration.signUp(input, context.client)
    if (!user) return { message: 'Open the mail that we have sent to this address.' }
    context.identify(user.id)
    const { id, email, username, name } = user
    return {
      message: 'Your account is ready. Sign in to use it.',
      user: { id, email, username: username ?? undefined, name: name ?? undefined },
    }
  },

  async getUserProfile(_, context) {
    return { user: writeUser((await context.anyViewer()).user) }
  },

  async updateUserProfile(request, context) {
    const viewer = await context.viewer()
    const findProblems = (valid: object) => profiles.findProblems(viewer, valid)
    const changes = await parseAll(inputs.updateProfile, profileChanges(request), findProblems)
    return { user: writeUser(await profiles.update(viewer, changes)) }
  },
})
