// A thousand questions in one call, of a client of @grpc/grpc-js: a message this large takes several frames.
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { ConsentService } from '@postern/proto/consent'
import { grpcClient } from '@postern/proto/grpc-client'
import type { Table } from '../report/results.ts'
import { median, percentile, whole } from '../report/statistics.ts'
import type { Data, Stage } from '../stage/stage.ts'
import { asService, bulkChecks, startConsent } from './setting.ts'

const WARM_UP = 40
const CALLS = 400
/** At the same time. */
const CALLERS = 4

export async function measureBulk(stage: Stage, data: Data): Promise<Table> {
  const service = await startConsent(stage, data)
  const client = new Client(new URL(service.url).host, credentials.createInsecure())
  const rpc = grpcClient(ConsentService, client)
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(asService)) metadata.set(name, value)
  let next = 0

  async function callUntil(end: number, latencies: number[]): Promise<void> {
    while (next < end) {
      const checks = bulkChecks(next++)
      const startedAt = performance.now()
      const { results } = await rpc.bulkValidateConsents({ checks }, { metadata })
      latencies.push(performance.now() - startedAt)
      if (results.some(({ valid }, i) => valid !== (i % 2 === 0))) throw new Error('An answer was wrong')
    }
  }
  const callers = (end: number, latencies: number[]) =>
    Promise.all(Array.from({ length: CALLERS }, () => callUntil(end, latencies)))

  await callers(WARM_UP, [])
  const latencies: number[] = []
  const startedAt = performance.now()
  await callers(WARM_UP + CALLS, latencies)
  const seconds = (performance.now() - startedAt) / 1000
  client.close()
  await service.stop()
  return {
    title: 'BulkValidateConsents, 1,000 questions in a call',
    columns: ['calls/s', 'questions/s', 'median ms', '95th percentile ms'],
    rows: [
      [
        ...[whole(CALLS / seconds), whole((1000 * CALLS) / seconds)],
        ...[median(latencies).toFixed(1), percentile(latencies, 95).toFixed(1)],
      ],
    ],
    notes: [
      `${CALLERS} calls at a time, ${CALLS} in all. Half of the users have a consent. The client shares a core with the load generator.`,
    ],
  }
}
