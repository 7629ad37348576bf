// Hands events over to another service, by its EventReceiverService.
import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { EventSchema, EventReceiverService } from '@postern/proto/events'
import type { RpcRequestInit, RpcResponse } from '@postern/proto/rpc-types'
import type { PostedEvent } from '../events/event.js'
import type { Receipt } from '../events/receiver.js'
import { deferWhileAway } from './deferrable.js'

type Service = typeof EventReceiverService

const messageOf = ({
  id,
  type,
  userId,
  seq,
  at,
  data,
  traceParent,
}: PostedEvent): MessageInitShape<typeof EventSchema> => ({
  ...{ id, type, userId, seq: BigInt(seq), time: timestampFromDate(at), data: JSON.stringify(data) },
  traceParent: traceParent ?? '',
})

/** For `deliver` of a remote consumer. `rpc`: calls the other service, whose name is `name`. */
export const createEventSender =
  (name: string, rpc: (request: RpcRequestInit<Service, 'deliver'>) => Promise<RpcResponse<Service, 'deliver'>>) =>
  async (events: readonly PostedEvent[]): Promise<Receipt> => {
    const { refused, postponed } = await deferWhileAway(name, () => rpc({ events: events.map(messageOf) }))
    return {
      refused,
      postponed: postponed.filter(({ unavailable }) => !unavailable),
      unavailable: postponed.filter(({ unavailable }) => unavailable),
    }
  }
