// What the gateway adds to the time of a call.
import { root } from '../../tools/launch/paths.mjs'
import { startGateway } from '../contenders/gateway.ts'
import { calls, startGrpc } from '../contenders/grpc.ts'
import { profileReads, takenChecks, validations } from '../contenders/grpc-talks.ts'
import { type Load, overOne } from '../contenders/over.ts'
import { NOW, USERS } from '../contenders/postern.ts'
import { restChecks, restProfiles, restValidations, signedIn } from '../contenders/rest-talks.ts'
import { fillRedis, longCache, takenNames } from '../contenders/taken-usernames.ts'
import { takeTurns } from '../load/slices.ts'
import type { Setting } from '../parts/part.ts'
import type { Part, Target } from '../report/results.ts'
import { median, percentile } from '../report/statistics.ts'
import type { Candidate } from '../stage/candidate.ts'
import { settle } from '../stage/schemas.ts'

const MOST_MS = 1

interface Both extends Candidate {
  grpcUrl: string
}

const direct = (rpc: string) => `${rpc}, gRPC`
const through = (rpc: string) => `${rpc}, through the gateway`

export async function measureLatency({ stage, note, slicing }: Setting): Promise<Part> {
  note('preparing data')
  const data = await stage.data()
  await settle(data.database, USERS)
  const build = { name: NOW, folder: root, data }
  await fillRedis({ stage, note }, build)
  const people = await signedIn(data.database, 1, stage.secrets.JWT_SECRET)
  const first = people.slice(0, 1)
  const { id, token } = first[0]!

  const start = async (): Promise<Both> => {
    const service = await startGrpc(stage, data, { env: longCache })
    const gateway = await startGateway(stage, data, { upstream: service.url })
    const stop = async () => {
      await gateway.stop()
      await service.stop()
    }
    return { ...gateway, grpcUrl: service.url, stop }
  }

  const overGrpc = (
    rpc: Parameters<typeof calls>[0],
    talks: Load<Both>['talks'],
    metadata?: Record<string, string>,
  ) => ({
    talks,
    open: calls(rpc, metadata, 1),
    address: ({ grpcUrl }: Both) => grpcUrl,
  })
  const rpcs: Record<string, { grpc: Load<Both>; rest: Load<Both>['talks'] }> = {
    ValidateToken: {
      grpc: overGrpc('validateToken', (candidate) => validations(1)({ stage, build, candidate })),
      rest: ({ url }) => Promise.resolve(restValidations(url, 1, people)),
    },
    GetUserProfile: {
      grpc: overGrpc('getUserProfile', () => Promise.resolve(profileReads(1, id)), {
        authorization: `Bearer ${token}`,
      }),
      rest: ({ url }) => Promise.resolve(restProfiles(url, 1, first)),
    },
    CheckUsernameAvailability: {
      grpc: overGrpc('checkUsernameAvailability', (candidate) =>
        takenChecks(1, takenNames)({ stage, build, candidate }),
      ),
      rest: ({ url }) => Promise.resolve(restChecks(url, 1, takenNames, false)),
    },
  }
  const loads = Object.entries(rpcs).flatMap(([rpc, { grpc, rest }]) => [
    [direct(rpc), grpc],
    [through(rpc), { talks: rest }],
  ])
  const all = await takeTurns(overOne(start, Object.fromEntries(loads)), slicing, stage.stores, note)
  await stage.discard(data)

  const times = (name: string) => all.get(name)!.p50
  const compared = Object.keys(rpcs).map((rpc) => {
    const [grpc, rest] = [times(direct(rpc)), times(through(rpc))]
    const added = rest.map((each, slice) => each - grpc[slice]!)
    return { rpc, grpc, rest, added }
  })
  const range = (numbers: readonly number[]) => `${ms(percentile(numbers, 25))} to ${ms(percentile(numbers, 75))}`
  return {
    targets: compared.map(({ rpc, added }): Target => ({
      what: `${rpc} through the gateway, p50 of a call, against gRPC`,
      goal: `≤ + ${MOST_MS} ms`,
      measured: `+ ${ms(median(added))} ms`,
      spread: range(added),
      reached: median(added) <= MOST_MS,
    })),
    tables: [
      {
        title: 'gRPC, and REST through the gateway: one call at a time, ms',
        columns: ['', 'gRPC, p50', 'gateway, p50', 'the gateway adds', 'quartiles'],
        rows: compared.map(({ rpc, grpc, rest, added }) => [
          rpc,
          ...[grpc, rest, added].map((numbers) => ms(median(numbers))),
          range(added),
        ]),
        notes: [
          `Medians of ${slicing.generations} × ${slicing.slices} slices of ${slicing.milliseconds} ms, of which each has its own median. The gateway and Postern share a core.`,
        ],
      },
    ],
  }
}

const ms = (value: number) => value.toFixed(2)
