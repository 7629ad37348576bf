// Hands events over to a service beside Postern, as Postern does.
import { randomUUID } from 'node:crypto'
import type { Client } from '@grpc/grpc-js'
import { EventReceiverService } from '@postern/proto/events'
import { grpcClient } from '@postern/proto/grpc-client'
import { asService } from './service-keys.js'

export const deliverable = (type: string, userId: string, data: object = {}) => ({
  ...{ id: randomUUID(), type, userId, seq: 1n, data: JSON.stringify(data) },
  time: { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 },
})

/** Rejects if the service does not process one of them. */
export async function deliverEvents(client: Client, ...events: ReturnType<typeof deliverable>[]): Promise<void> {
  const { refused, postponed } = await grpcClient(EventReceiverService, client).deliver({ events }, asService('auth'))
  const [problem] = [...refused, ...postponed]
  if (problem) throw new Error(`${problem.eventId}: ${problem.reason}`)
}
