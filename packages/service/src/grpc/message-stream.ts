// The responses of an RPC that streams them, as they arrive.
import { type Client, type ClientReadableStream, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { DescMethod } from '@bufbuild/protobuf'
import { rpcPathOf } from '@postern/proto/grpc-service'
import { asUnavailable } from './broken-connection.js'
import { asIs, received } from './encoded.js'
import type { CallOptions } from './call-options.js'
import { UpstreamError } from './upstream-error.js'

/** Encoded messages. The service sends no more than is read. To stop reading cancels the call. */
export type MessageStream = AsyncIterable<Uint8Array>

const LATE = { code: status.DEADLINE_EXCEEDED, details: 'The stream has not begun in time', metadata: new Metadata() }

/** A service begins to respond by its headers, at once, however long it has no message. */
export function openMessageStream(
  { client, onEnd }: { client: Client; onEnd: () => void },
  method: DescMethod,
  request: Uint8Array,
  metadata: Metadata,
  { deadline, isClientsDeadline = false, signal }: CallOptions,
): Promise<MessageStream> {
  return new Promise((resolve, reject) => {
    const call = client.makeServerStreamRequest(rpcPathOf(method), asIs, received, request, metadata)
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      call.cancel()
    }, deadline.getTime() - Date.now())
    const cancel = () => call.cancel()
    let failure: UpstreamError | null = null

    call.on('metadata', () => {
      clearTimeout(timer)
      resolve(messagesOf(call, () => failure))
    })
    // Until the end: an error that nobody listens for would end the process.
    call.on('error', (error: ServiceError) => {
      const reported = isLate ? LATE : asUnavailable(error, signal.aborted)
      failure = new UpstreamError(reported, { isClientsDeadline })
      reject(failure)
    })
    call.once('status', () => {
      onEnd()
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
      // A service that ends the stream before it has sent anything.
      resolve(messagesOf(call, () => failure))
    })
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
  })
}

async function* messagesOf(
  call: ClientReadableStream<Uint8Array>,
  failure: () => UpstreamError | null,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const message of call) yield message as Uint8Array
  } catch (error) {
    throw failure() ?? error
  } finally {
    call.cancel()
  }
  const failed = failure()
  if (failed) throw failed
}
