// The limits of calls and connections, in the names of gRPC.
import type { ServerOptions } from '@grpc/grpc-js'
import type { GrpcVariables } from '../grpc-variables.js'

/** Calls at the same time on one connection. More wait at their client. */
const MAX_STREAMS = 1000

/** What headers and responses of one connection may take, in MB. By default grpc-js has no limit, and Node.js 10. */
const MAX_SESSION_MEMORY = 16

/** How long the calls of a connection that has become too old may take to end. */
const AGE_GRACE_MS = 30_000

type Limits = Pick<
  GrpcVariables,
  'GRPC_MAX_MESSAGE_BYTES' | 'GRPC_KEEPALIVE_TIME' | 'GRPC_KEEPALIVE_TIMEOUT' | 'GRPC_CONNECTION_AGE'
>

export const serverOptions = (config: Limits): ServerOptions => ({
  'grpc.max_receive_message_length': config.GRPC_MAX_MESSAGE_BYTES,
  'grpc.max_concurrent_streams': MAX_STREAMS,
  'grpc-node.max_session_memory': MAX_SESSION_MEMORY,
  'grpc.keepalive_time_ms': config.GRPC_KEEPALIVE_TIME * 1000,
  'grpc.keepalive_timeout_ms': config.GRPC_KEEPALIVE_TIMEOUT * 1000,
  // Clients keep their connections, so a new process would get none, and a process that has many would keep them.
  ...(config.GRPC_CONNECTION_AGE > 0 && {
    'grpc.max_connection_age_ms': config.GRPC_CONNECTION_AGE * 1000,
    'grpc.max_connection_age_grace_ms': AGE_GRACE_MS,
  }),
  // Nothing reads its statistics, which take time for each call.
  'grpc.enable_channelz': 0,
})
