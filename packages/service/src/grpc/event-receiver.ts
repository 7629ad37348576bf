// The RPC by which other services hand their events over: EventReceiverService.
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { type Event, EventReceiverService } from '@postern/proto/events'
import { ServiceError } from '../errors.js'
import type { PostedEvent } from '../events/event.js'
import type { ReceiveEvents, Unprocessed } from '../events/receiver.js'
import type { IncomingCall } from './metadata.js'
import type { Runs } from './rpc.js'
import type { GrpcServer, ServiceOptions } from './server.js'

const MOST = 100

const ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** Throws or rejects unless a service calls. */
type RequireService<Context> = (context: Context, call: IncomingCall) => unknown

/** Adds the RPC to a server. A service hands over the events of all its users, so no limit of an address counts its calls. */
export function addEventReceiver<Context>(
  server: Pick<GrpcServer, 'add'>,
  receive: ReceiveEvents,
  requireService: RequireService<Context>,
  options: ServiceOptions<Context>,
): void {
  const operationOf = (operation: string) => ({ operation, isCounted: false })
  server.add(EventReceiverService, eventReceiverRuns(receive, requireService), {
    ...options,
    operationOf,
    isHidden: true,
  })
}

const eventReceiverRuns = <Context>(
  receive: ReceiveEvents,
  requireService: RequireService<Context>,
): Runs<typeof EventReceiverService, Context> => ({
  async deliver({ events }, context, call) {
    await requireService(context, call)
    if (events.length > MOST) {
      const message = `Events must be at most ${MOST}.`
      throw new ServiceError('INVALID_INPUT', { fields: [{ path: 'events', message, code: 'INVALID_INPUT' }] })
    }
    const unreadable: Unprocessed[] = []
    const readable: PostedEvent[] = []
    for (const event of events) {
      const read = postedEvent(event)
      if (read) readable.push(read)
      else unreadable.push({ eventId: event.id, reason: 'This is no event of a service of this project.' })
    }
    const { refused, postponed, unavailable } = await receive(readable)
    return {
      refused: [...unreadable, ...refused],
      // A sender that does not know of the mark tries these again, too.
      postponed: [...postponed, ...unavailable.map((event) => ({ ...event, unavailable: true }))],
    }
  },
})

/** Null for what is none. */
function postedEvent({ id, type, userId, seq, time, data, traceParent }: Event): PostedEvent | null {
  const object = objectIn(data)
  if (!ID.test(id) || !ID.test(userId) || type === '' || !time || object === null) return null
  return {
    ...{ id, type, userId, seq: Number(seq), at: timestampDate(time), data: object },
    traceParent: traceParent === '' ? null : traceParent,
  }
}

function objectIn(text: string): object | null {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : null
  } catch {
    return null
  }
}
