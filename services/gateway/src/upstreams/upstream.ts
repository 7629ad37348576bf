// One service behind the gateway: a channel, and calls on it. Everything that calls a service calls this, so that what wraps it
// (breakers, retries, metrics) wraps all calls.
import { type ChannelOptions, Client, Metadata, type ServiceError } from '@grpc/grpc-js'
import type { DescMethod } from '@bufbuild/protobuf'
import { rpcPathOf } from '@postern/proto/grpc-service'
import type { Freshness } from '../cache/freshness.js'
import { credentialsOf, type UpstreamAddress } from './address.js'
import { asUnavailable } from './broken-connection.js'
import type { CallOptions } from './call-options.js'
import { type MessageStream, openMessageStream } from './message-stream.js'
import { asIs, received } from './encoded.js'
import { UpstreamError } from './upstream-error.js'

export interface UpstreamResponse {
  /** The encoded message. */
  readonly message: Uint8Array
  /** The metadata that the service sent before it. */
  readonly headers: Metadata
  /** Of a response that anyone may keep. */
  readonly freshness?: Freshness
}

/** A service that can be called. */
export interface Upstream {
  readonly name: string
  /** Calls a unary RPC with an encoded message. Rejects with an {@link UpstreamError}. */
  readonly call: (
    method: DescMethod,
    request: Uint8Array,
    metadata: Metadata,
    options: CallOptions,
  ) => Promise<UpstreamResponse>
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

/** A response has at most one profile or one list; a gateway must not buffer more. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024

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

export function createUpstream(name: string, address: UpstreamAddress): Upstream {
  const client = new Client(address.target, credentialsOf(address), CHANNEL)

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
    open: (method, request, metadata, options) => openMessageStream(client, method, request, metadata, options),
    close: () => client.close(),
  }
}
