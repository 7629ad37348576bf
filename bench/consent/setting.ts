// The data of the consent service, the programs that answer about it, and what their callers say.
import { join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  BulkValidateConsentsRequestSchema,
  BulkValidateConsentsResponseSchema,
  ConsentService,
  ValidateConsentRequestSchema,
  ValidateConsentResponseSchema,
} from '@postern/proto/consent'
import type { Pool } from 'mysql2/promise'
import { run } from '../../tools/launch/children.mjs'
import { node, root } from '../../tools/launch/paths.mjs'
import type { OpenConnection } from '../load/connection.ts'
import { grpcLines, grpcMessage, messageIn } from '../load/grpc/connection.ts'
import type { Talk } from '../load/traffic.ts'
import { acceptsConnections, type Candidate, startCandidate } from '../stage/candidate.ts'
import type { Data, Stage } from '../stage/stage.ts'
import { idOf } from '../stage/schemas.ts'

const KEY = 'the-key-of-a-service-that-measures'
const PURPOSE = 'workflows.execute'

/** Users with a consent, and as many behind them without one. */
export const USERS = 50_000

/** Calls that a connection has at the same time, as a client's library sends those of one process. */
const AT_ONCE = 16

const HASH = 'a'.repeat(64)
const BATCH = 5000

const fill = async (database: Pool): Promise<void> => {
  for (let from = 1; from <= USERS; from += BATCH) {
    const rows = Array.from({ length: BATCH }, (_, i) => [
      ...[idOf(from + i), PURPOSE, idOf(from + i), 'GRANTED', '', 1, 'en', HASH],
      ...[new Date(), new Date(Date.now() + 86_400_000), null, null, 1],
    ])
    await database.query('INSERT INTO consents VALUES ?', [rows])
  }
  await database.query('ANALYZE TABLE consents')
}

const environment = (stage: Stage, { urls }: Data): Record<string, string> => ({
  ...{ CONSENT_DATABASE_URL: urls.DATABASE_URL, REDIS_URL: urls.REDIS_URL, CONSENT_METRICS_PORT: 'off' },
  ...{ JWT_SECRET: stage.secrets.JWT_SECRET, CONSENT_KEY: stage.secrets.REFRESH_KEY, SERVICE_KEYS: `bench=${KEY}` },
  ...{ CONSENT_GRPC_HOST: '127.0.0.1', CONSENT_CONTROLLER_NAME: 'Bench', CONSENT_CONTROLLER_ADDRESS: 'Nowhere' },
  ...{ CONSENT_CONTROLLER_CONTACT: 'nobody@example.com' },
})

/** A migrated database with consents, and the same in Redis for the bare handler. */
export async function consentData(stage: Stage): Promise<Data> {
  const data = await stage.data(null)
  await run('The migration', node, [join(root, 'services/consent/dist/cli.js'), 'migrate'], {
    cwd: root,
    env: { ...process.env, ...environment(stage, data) },
  })
  await fill(data.database)
  const pipeline = data.redis.pipeline()
  for (let i = 1; i <= USERS; i++) pipeline.set(`consent:${idOf(i)}:${PURPOSE}`, '1')
  await pipeline.exec()
  return data
}

export const startConsent = (stage: Stage, data: Data): Promise<Candidate> =>
  startCandidate({
    ...{ name: 'the consent service', file: 'services/consent/dist/main.js', path: '', isUp: acceptsConnections },
    ...{ portVariable: 'CONSENT_GRPC_PORT', env: environment(stage, data) },
  })

export const startBareConsent = (_stage: Stage, { urls }: Data, lookup: 'single' | 'batched'): Promise<Candidate> =>
  startCandidate({
    ...{ name: 'the bare handler', file: 'bench/peers/bare-consent.ts', path: '', isUp: acceptsConnections },
    env: { REDIS_URL: urls.REDIS_URL, LOOKUP: lookup },
  })

export const calls = (rpc: 'validateConsent' | 'bulkValidateConsents', atOnce = AT_ONCE): OpenConnection =>
  grpcLines(`${ConsentService.typeName}/${ConsentService.method[rpc].name}`, atOnce, {
    'postern-service': `bench:${KEY}`,
  })

/** Which users are asked about: all of those with a consent, all of those without one, or few without one. */
export type Asked = 'valid' | 'denied' | 'denied, few'

const PLACES: Readonly<Record<Asked, { from: number; count: number }>> = {
  valid: { from: 1, count: USERS },
  denied: { from: USERS + 1, count: USERS },
  'denied, few': { from: USERS + 1, count: 100 },
}

/** One question at a time on each line. */
export function questions(lines: number, asked: Asked): Talk[] {
  const { from, count } = PLACES[asked]
  const message = (userId: string) =>
    grpcMessage(
      toBinary(ValidateConsentRequestSchema, create(ValidateConsentRequestSchema, { userId, purpose: PURPOSE })),
    )
  const messages = Array.from({ length: count }, (_, i) => message(idOf(from + i)))
  // Not in the order of the ids.
  let next = 0
  return Array.from({ length: lines }, () => ({
    request: () => messages[(next += 7919) % count]!,
    read(body: string) {
      const { valid } = fromBinary(ValidateConsentResponseSchema, messageIn(body))
      if (valid !== (asked === 'valid')) throw new Error(`A consent was ${valid ? 'valid' : 'not valid'}`)
    },
  }))
}

/** A thousand questions in each call: every second one about a user with a consent. */
export function bulkQuestions(lines: number): Talk[] {
  const request = (first: number) => {
    const checks = Array.from({ length: 1000 }, (_, i) => ({
      ...{ purpose: PURPOSE, userId: idOf(((first + 7919 * i) % (USERS / 2)) + 1 + (i % 2) * USERS) },
    }))
    return grpcMessage(
      toBinary(BulkValidateConsentsRequestSchema, create(BulkValidateConsentsRequestSchema, { checks })),
    )
  }
  const messages = Array.from({ length: 50 }, (_, i) => request(i * 997))
  let next = 0
  return Array.from({ length: lines }, () => ({
    request: () => messages[next++ % messages.length]!,
    read(body: string) {
      const { results } = fromBinary(BulkValidateConsentsResponseSchema, messageIn(body))
      if (results.length !== 1000 || results.some(({ valid }, i) => valid !== (i % 2 === 0)))
        throw new Error('An answer was wrong')
    },
  }))
}
