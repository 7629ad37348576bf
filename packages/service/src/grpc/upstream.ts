// One service that this one calls: a channel, and calls on it. Everything that calls a service calls this, so that what wraps it
// (breakers, retries, metrics) wraps all calls.
import { type ChannelOptions, Client, Metadata, type ServiceError } from '@grpc/grpc-js'
import type { DescMethod } from '@bufbuild/protobuf'
import { rpcPathOf } from '@postern/proto/grpc-service'
import { credentialsOf, type UpstreamAddress } from './address.js'
import { asUnavailable } from './broken-connection.js'
import type { CallOptions } from './call-options.js'
import { type MessageStream, openMessageStream } from './message-stream.js'
import { asIs, received } from './encoded.js'
import { createStreamChannels } from './stream-channels.js'
import { UpstreamError } from './upstream-error.js'

export interface UpstreamResponse {
  /** The encoded message. */
  readonly message: Uint8Array
  /** The metadata that the service sent before it. */
  readonly headers: Metadata
}

/** A service that can be called. */
export interface Upstream<Response extends UpstreamResponse = UpstreamResponse> {
  readonly name: string
  /** Calls a unary RPC with an encoded message. Rejects with an {@link UpstreamError}. */
  readonly call: (
    method: DescMethod,
    request: Uint8Array,
    metadata: Metadata,
    options: CallOptions,
  ) => Promise<Response>
  /**
   * Calls an RPC that streams its responses. Resolves once the service has begun to respond, which `deadline` is for. Rejects with
   * an {@link UpstreamError}, and so does the stream when it breaks.
   */
  readonly open: (
    method: DescMethod,
    request: Uint8Array,
    metadata: Metadata,
    options: CallOptions,
  ) => Promise<MessageStream>
  readonly close: () => void
}

/** A response has at most one page of a list; nothing must buffer more. */
export const MAX_RESPONSE_BYTES = 4 * 1024 * 1024

const CHANNEL: ChannelOptions = {
  // Every address of the name gets its share of the calls.
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.service_config_disable_resolution': 1,
  // The environment's proxy is for the internet.
  'grpc.enable_http_proxy': 0,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.max_receive_message_length': MAX_RESPONSE_BYTES,
}

/** By default grpc-js has one connection for all channels to the same server. */
const OWN_CONNECTION: ChannelOptions = { ...CHANNEL, 'grpc.use_local_subchannel_pool': 1 }

export function createUpstream(name: string, address: UpstreamAddress): Upstream {
  const client = new Client(address.target, credentialsOf(address), CHANNEL)
  const streams = createStreamChannels(() => new Client(address.target, credentialsOf(address), OWN_CONNECTION))

  return {
    name,
    call(method, request, metadata, { deadline, isClientsDeadline = false, signal }) {
      return new Promise((resolve, reject) => {
        let headers = new Metadata()
        const call = client.makeUnaryRequest(
          rpcPathOf(method),
          asIs,
          received,
          request,
          metadata,
          { deadline },
          (error: ServiceError | null, message?: Uint8Array) => {
            signal.removeEventListener('abort', cancel)
            if (error) reject(new UpstreamError(asUnavailable(error, signal.aborted), { isClientsDeadline }))
            else resolve({ message: message ?? new Uint8Array(), headers })
          },
        )
        call.on('metadata', (sent) => (headers = sent))
        function cancel(): void {
          call.cancel()
        }
        if (signal.aborted) cancel()
        else signal.addEventListener('abort', cancel, { once: true })
      })
    },
    open(method, request, metadata, options) {
      const { client: channel, release } = streams.take()
      return openMessageStream({ client: channel, onEnd: release }, method, request, metadata, options)
    },
    close() {
      client.close()
      streams.close()
    },
  }
}
