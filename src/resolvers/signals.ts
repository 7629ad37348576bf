// The operations of signals.graphql.
import { ServiceError } from '@postern/service/errors'
import type { MutationResolvers, QueryResolvers, SignalStreamResolvers } from '../generated/graphql.js'
import { parse } from '@postern/service/input/parse'
import { signalInputs as inputs } from '../schema/signals.inputs.js'
import { userActor } from '../services/audit/index.js'
import type { SignalServices } from '../services/signals/index.js'
import { connectionOf } from './connection.js'
import { existingId } from '../requests/existing-id.js'

/** Throws FORBIDDEN if the service has no signals. */
function required(signals: SignalServices | null): SignalServices {
  if (signals) return signals
  const message = 'This service has no Shared Signals. It needs KEYS_DIR, and an https URL as JWT_ISSUER.'
  throw new ServiceError('FORBIDDEN', { message })
}

export function signalQueries(signals: SignalServices | null) {
  return {
    async signalStreams(_, args, context) {
      await context.admin()
      const { first, after = null, last, before = null } = parse(inputs.signalStreams, args)
      const range = { after, before, size: last ?? first ?? 25, backward: last != null }
      return connectionOf(await required(signals).streams.list(range))
    },
  } satisfies QueryResolvers
}

export function signalMutations(signals: SignalServices | null) {
  return {
    async createSignalStream(_, { input }, context) {
      const admin = userActor(await context.admin())
      const { streams } = required(signals)
      const { delivery, ...stream } = parse(inputs.createSignalStream, input)
      return streams.create({ ...stream, method: delivery === 'PUSH' ? 'push' : 'poll' }, admin)
    },

    async updateSignalStream(_, { input }, context) {
      const admin = userActor(await context.admin())
      const { streams } = required(signals)
      const { status, ...update } = parse(inputs.updateSignalStream, input)
      return streams.update(existingId(input.id), { ...update, status: status && lowerCase(status) }, admin)
    },

    async rotateSignalStreamToken(_, { id }, context) {
      const admin = userActor(await context.admin())
      return required(signals).streams.rotateToken(existingId(id), admin)
    },

    async deleteSignalStream(_, { id }, context) {
      const admin = userActor(await context.admin())
      await required(signals).streams.delete(existingId(id), admin)
      return true
    },

    async requestSignalVerification(_, { id, ...args }, context) {
      await context.admin()
      const { streams } = required(signals)
      const { state } = parse(inputs.requestSignalVerification, args)
      await streams.verify(existingId(id), state ?? null)
      return true
    },
  } satisfies MutationResolvers
}

const lowerCase = <Text extends string>(text: Text) => text.toLowerCase() as Lowercase<Text>
const upperCase = <Text extends string>(text: Text) => text.toUpperCase() as Uppercase<Text>

export const SignalStream: SignalStreamResolvers = {
  delivery: ({ method }) => upperCase(method),
  status: ({ status }) => upperCase(status),
}
