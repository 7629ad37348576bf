// The gateway beside a bare proxy, in front of the same gRPC server.
import { startBareProxy, startGateway } from '../contenders/gateway.ts'
import { startBareGrpc } from '../contenders/grpc.ts'
import { over } from '../contenders/over.ts'
import { restChecks, restProfiles, restValidations, signedIn } from '../contenders/rest-talks.ts'
import { unclaimed } from '../load/names.ts'
import { takeTurns } from '../load/slices.ts'
import type { Talk } from '../load/traffic.ts'
import type { Setting } from '../parts/part.ts'
import type { Part } from '../report/results.ts'
import { compareSlices } from '../report/sliced.ts'
import type { Candidate } from '../stage/candidate.ts'
import { OTHER_CORES } from '../stage/cores.ts'
import { idOf, settle } from '../stage/schemas.ts'

const LINES = 64
const GOAL = 0.5
const NAMES = 1000

const GATEWAY = 'the gateway'
const AGAIN = 'the gateway, a second time'
const BARE = 'node:http and @grpc/grpc-js'
const LOADER = 'the same, with proto-loader'

export async function measureProxy({ stage, note, slicing }: Setting): Promise<Part[]> {
  note('preparing data')
  const data = await stage.data()
  await settle(data.database, LINES * 8)
  const people = await signedIn(data.database, LINES, stage.secrets.JWT_SECRET)
  const names = unclaimed(NAMES)
  // The gateway follows the revocations that it writes.
  const postern = await stage.postern(data, { cores: OTHER_CORES })
  // It answers everything itself, so that it has time enough on the core of the load generator.
  const upstream = await startBareGrpc(stage, data, { lookup: 'none', cores: OTHER_CORES })

  const routes: Record<string, (url: string) => Talk[]> = {
    'POST /auth/validate': (url) => restValidations(url, LINES, people),
    'GET /auth/me': (url) => restProfiles(url, LINES, people, idOf(1)),
    'GET /usernames/…/availability': (url) => restChecks(url, LINES, names, true),
  }
  const parts: Part[] = []
  for (const [route, talksAt] of Object.entries(routes)) {
    const talks = ({ url }: Candidate) => Promise.resolve(talksAt(url))
    const gateway = (name: string) =>
      over(name, () => startGateway(stage, data, { name, upstream: upstream.url }), talks)
    const contenders = [
      gateway(GATEWAY),
      gateway(AGAIN),
      over(BARE, () => startBareProxy(upstream.url, 'protobuf-es'), talks),
      over(LOADER, () => startBareProxy(upstream.url, 'proto-loader'), talks),
    ]
    const told = (text: string) => note(`${route}: ${text}`)
    const { table, between } = compareSlices(await takeTurns(contenders, slicing, stage.stores, told), GATEWAY)
    parts.push({
      targets: [
        ...between(`${route} through the gateway, requests/s, against a bare proxy`, GATEWAY, BARE, GOAL),
        ...between('… against a bare proxy with proto-loader', GATEWAY, LOADER, null),
      ],
      tables: [
        table(`The gateway: ${route}, ${LINES} connections`, slicing, [
          `“${AGAIN}” is the same build: it shows the noise. The gRPC server behind all of them is a bare one on another core.`,
        ]),
      ],
    })
  }
  await upstream.stop()
  await postern.stop()
  await stage.discard(data)
  return parts
}
