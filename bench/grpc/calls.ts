// The two calls that other services make most often, beside handlers of @grpc/grpc-js alone with the same reads of Redis.
import { bareGrpc, grpc } from '../contenders/grpc.ts'
import { takenChecks, validations } from '../contenders/grpc-talks.ts'
import { type Build, NOW, type Talks } from '../contenders/postern.ts'
import { fillRedis, onlyRedis, takenNames } from '../contenders/taken-usernames.ts'
import type { Contender } from '../load/slices.ts'
import { measureBeside } from '../parts/beside.ts'
import type { Setting } from '../parts/part.ts'
import type { Part } from '../report/results.ts'

/** On four connections. */
const LINES = 64
const GOAL = 0.8

const BATCHED = 'bare @grpc/grpc-js, one MGET per turn'
const SINGLE = 'bare @grpc/grpc-js, one GET per call'
const LOADER = 'the same, with proto-loader'

const others = (stage: Setting['stage'], own: Build, talks: Talks, rpc: Parameters<typeof grpc>[0]): Contender[] => [
  bareGrpc(BATCHED, stage, own, talks, rpc, { lookup: 'batched' }),
  bareGrpc(SINGLE, stage, own, talks, rpc, { lookup: 'single' }),
  bareGrpc(LOADER, stage, own, talks, rpc, { lookup: 'single', messages: 'proto-loader' }),
]

const notes = [
  'Four connections with 16 calls at a time each. Without “proto-loader”, the bare handlers read and write messages with protobuf-es, as Postern does.',
]

export function measureValidations(setting: Setting): Promise<Part> {
  const talks = validations(LINES)
  return measureBeside(setting, {
    ...{ title: 'gRPC: ValidateToken', talks, door: grpc('validateToken'), peers: [], notes },
    others: (own) => Promise.resolve({ contenders: others(setting.stage, own, talks, 'validateToken'), data: [] }),
    targets: ({ between }) => [
      ...between('ValidateToken, calls/s, against bare @grpc/grpc-js with one GET per call', NOW, SINGLE, GOAL),
      ...between('… with one MGET per turn', NOW, BATCHED, GOAL),
      ...between('… with one GET per call and proto-loader', NOW, LOADER, null),
    ],
  })
}

export function measureChecks(setting: Setting): Promise<Part> {
  const talks = takenChecks(LINES, takenNames)
  return measureBeside(setting, {
    ...{ title: 'gRPC: CheckUsernameAvailability, taken usernames', talks, peers: [], notes },
    ...{ door: grpc('checkUsernameAvailability'), env: onlyRedis },
    prepare: (build) => fillRedis(setting, build),
    others: (own) =>
      Promise.resolve({ contenders: others(setting.stage, own, talks, 'checkUsernameAvailability'), data: [] }),
    targets: ({ between }) => [
      ...between(
        'CheckUsernameAvailability, calls/s, against bare @grpc/grpc-js with one GET per call',
        NOW,
        SINGLE,
        GOAL,
      ),
      ...between('… with one MGET per turn', NOW, BATCHED, GOAL),
      ...between('… with one GET per call and proto-loader', NOW, LOADER, null),
    ],
  })
}
