// Calls another service of this project: with this service's key, a deadline and a circuit breaker, and with errors as they were
// thrown there.
import {
  Client,
  type ChannelOptions,
  credentials,
  Metadata,
  type ServiceError as RpcError,
  status,
} from '@grpc/grpc-js'
import type { DescService } from '@bufbuild/protobuf'
import { ERROR_DOMAIN, ERROR_STATUSES, jsonPath } from '@postern/contract/error-statuses'
import { decodeErrorDetails } from '@postern/proto/error-status'
import { grpcClient } from '@postern/proto/grpc-client'
import type { RpcName, RpcRequestInit, RpcResponse } from '@postern/proto/rpc-types'
import type { Breaker, BreakerOptions } from '../breakers.js'
import { SERVICE_METADATA, serviceCredential } from '../callers/service-keys.js'
import { type ErrorCode, ServiceError } from '../errors.js'
import type { ServiceKey } from '../service-key-variables.js'
import type { ServiceAddress } from '../service-address.js'

/** How long a call may take. */
const DEADLINE_MS = 5000

/** How many calls without a response open the breaker. */
const TIMEOUTS_TO_OPEN = 3

const CHANNEL: ChannelOptions = {
  // Every address of the name gets its share of the calls.
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.service_config_disable_resolution': 1,
  // The environment's proxy is for the internet.
  'grpc.enable_http_proxy': 0,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2000,
}

/** What a broken connection looks like. */
const BROKEN = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED, status.INTERNAL]

/** The unary RPCs of a service. Each rejects with a ServiceError: SERVICE_UNAVAILABLE if there was no response. */
export type ServiceRpcs<S extends DescService> = {
  readonly [M in RpcName<S> as S['method'][M]['methodKind'] extends 'unary' ? M : never]: (
    request: RpcRequestInit<S, M>,
  ) => Promise<RpcResponse<S, M>>
}

export interface ServiceConnection {
  readonly rpcs: <S extends DescService>(service: S) => ServiceRpcs<S>
  /** Calls in progress fail. */
  readonly close: () => void
}

export interface ConnectionOptions {
  /** Of the service that is called, for metrics and readiness. */
  name: string
  address: ServiceAddress
  key: ServiceKey
  createBreaker: (options: Omit<BreakerOptions, 'onEvent' | 'refusal'>) => Breaker
}

export function connectToService({
  name,
  address: { target, tls },
  key,
  createBreaker,
}: ConnectionOptions): ServiceConnection {
  const secured = tls ? credentials.createSsl() : credentials.createInsecure()
  const client = new Client(target, secured, CHANNEL)
  const ready = () =>
    new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + DEADLINE_MS, (error) => (error ? reject(error) : resolve()))
    })
  const breaker = createBreaker({
    ...{ name, probe: ready, timeoutsToOpen: TIMEOUTS_TO_OPEN },
    isFailure: (error) => isUnanswered(error),
    isTimeout: (error) => (error as RpcError).code === status.DEADLINE_EXCEEDED,
  })

  async function call(run: (options: { metadata: Metadata; deadline: number }) => Promise<unknown>): Promise<unknown> {
    const metadata = new Metadata()
    metadata.set(SERVICE_METADATA, serviceCredential(key))
    try {
      return await breaker.run(() => run({ metadata, deadline: Date.now() + DEADLINE_MS }))
    } catch (error) {
      throw asServiceError(error, name)
    }
  }

  return {
    rpcs<S extends DescService>(service: S) {
      const calls = grpcClient(service, client) as unknown as Record<
        string,
        (request: unknown, options: object) => Promise<unknown>
      >
      const rpcs = service.methods
        .filter(({ methodKind }) => methodKind === 'unary')
        .map(({ localName }) => [
          localName,
          (request: unknown) => call((options) => calls[localName]?.(request, options) ?? Promise.resolve()),
        ])
      return Object.fromEntries(rpcs) as ServiceRpcs<S>
    },
    close: () => client.close(),
  }
}

/** The service has not said what it thinks of the call. */
const isUnanswered = (error: unknown): boolean =>
  BROKEN.includes((error as RpcError).code) && detailsOf(error as RpcError) === null

function detailsOf({ metadata }: RpcError) {
  // grpc-js sets no metadata on an error that it makes itself.
  const [encoded] = (metadata as Metadata | undefined)?.get('grpc-status-details-bin') ?? []
  const details = Buffer.isBuffer(encoded) ? decodeErrorDetails(encoded) : null
  return details?.info?.domain === ERROR_DOMAIN ? details : null
}

function asServiceError(error: unknown, name: string): ServiceError {
  if (error instanceof ServiceError) return error
  const cause = new Error(`${name}: ${(error as RpcError).message}`)
  const details = detailsOf(error as RpcError)
  if (!details?.info)
    return new ServiceError(isUnanswered(error) ? 'SERVICE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR', { cause })
  const code = details.info.reason
  // Of this service's key, or of a newer version: nothing that the client of this service could change.
  if (code === 'UNAUTHENTICATED' || !Object.hasOwn(ERROR_STATUSES, code))
    return new ServiceError('INTERNAL_SERVER_ERROR', { cause })
  const { fields, retryAfter } = details
  return new ServiceError(code as ErrorCode, {
    ...{ message: (error as RpcError).details, cause },
    ...(fields.length > 0 && {
      fields: fields.map(({ field, description, reason }) => ({
        ...{ path: jsonPath(field), message: description, code: (reason || 'INVALID_INPUT') as 'INVALID_INPUT' },
      })),
    }),
    ...(retryAfter !== null && { retryAfter }),
  })
}
