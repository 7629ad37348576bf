// gRPC servers as contenders: Postern's, and handlers of @grpc/grpc-js alone.
import { AuthService } from '@postern/proto/auth'
import { freePort } from '../../tools/launch/ports.mjs'
import type { OpenConnection } from '../load/connection.ts'
import { grpcLines } from '../load/grpc/connection.ts'
import type { Contender } from '../load/slices.ts'
import { acceptsConnections, type Candidate, startCandidate } from '../stage/candidate.ts'
import type { Data, PosternOptions, Stage } from '../stage/stage.ts'
import { until } from '../stage/until.ts'
import { over } from './over.ts'
import type { Build, Door, Talks } from './postern.ts'

/** Calls that a connection has at the same time, as a client's library sends those of one process. */
const AT_ONCE = 16

type Rpc = keyof typeof AuthService.method

/** Connections that call one RPC. `metadata` is that of every call. */
export const calls = (rpc: Rpc, metadata?: Record<string, string>, atOnce = AT_ONCE): OpenConnection =>
  grpcLines(`${AuthService.typeName}/${AuthService.method[rpc].name}`, atOnce, metadata)

/** Starts Postern with its gRPC server, whose address is the candidate's. */
export async function startGrpc(stage: Stage, data: Data, options: PosternOptions = {}): Promise<Candidate> {
  const port = await freePort()
  const candidate = await stage.postern(data, { ...options, env: { ...options.env, GRPC_PORT: String(port) } })
  const url = `http://127.0.0.1:${port}`
  await until(`${candidate.name} accepts calls`, () => acceptsConnections(url))
  return { ...candidate, url }
}

export const grpc = (rpc: Rpc): Door => ({ start: startGrpc, open: calls(rpc) })

interface Bare {
  /** Reads of Redis: one command per call, one for all calls of a turn of the event loop, or none. */
  lookup: 'single' | 'batched' | 'none'
  /** The library of messages. */
  messages?: 'protobuf-es' | 'proto-loader'
  cores?: string
}

export const startBareGrpc = (
  { secrets }: Stage,
  { urls }: Data,
  { lookup, messages = 'protobuf-es', ...rest }: Bare,
): Promise<Candidate> =>
  startCandidate({
    ...{ name: 'the bare handler', file: 'bench/peers/bare-grpc.ts', path: '', isUp: acceptsConnections, ...rest },
    env: { ...secrets, ...urls, LOOKUP: lookup, MESSAGES: messages },
  })

/** A handler of @grpc/grpc-js with the data of a build. */
export const bareGrpc = (name: string, stage: Stage, build: Build, talks: Talks, rpc: Rpc, bare: Bare): Contender =>
  over(
    name,
    () => startBareGrpc(stage, build.data, bare),
    (candidate) => talks({ stage, build, candidate }),
    calls(rpc),
  )
