// The consent service in the process of a test: its real server, database and Redis, and tokens that need no auth service.
import { randomBytes, randomUUID } from 'node:crypto'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { ConsentService, type GrantConsentRequestSchema } from '@postern/proto/consent'
import { grpcClient } from '@postern/proto/grpc-client'
import { createBreakerSet } from '@postern/service/breaker-set'
import { createCallContexts } from '@postern/service/callers/call-context'
import { createServiceKeys } from '@postern/service/callers/service-keys'
import { openDatabase } from '@postern/service/database/open-database'
import { createGrpcServer } from '@postern/service/grpc/server'
import { createHeadReader } from '@postern/service/grpc/metadata'
import { createLogger } from '@postern/service/logger'
import { createMacKeys } from '@postern/service/mac-keys'
import { createProgramMetrics } from '@postern/service/program-metrics'
import { createProxyReader } from '@postern/service/proxy-headers'
import { combineHooks, measureCalls } from '@postern/service/requests/hooks'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { createTestSessions } from '../../packages/session/src/testing.js'
import { build } from '../../services/consent/src/build.js'
import { readConfig } from '../../services/consent/src/config/index.js'
import { createRecordChange } from '../../services/consent/src/consents/changes.js'
import type { ConsentRow } from '../../services/consent/src/consents/consent.js'
import { createStoredConsents } from '../../services/consent/src/consents/stored-consents.js'
import { createChains } from '../../services/consent/src/history/chains.js'
import { createHistories } from '../../services/consent/src/history/histories.js'
import { createHistoryVerification } from '../../services/consent/src/history/verify-history.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { testRedisUrl } from './redis.js'

const CONSENT_MIGRATIONS = new URL('../../services/consent/prisma/migrations/', import.meta.url)

const SERVICE = { name: 'workflow', key: 'k'.repeat(32) }
const KEY = 'the key of the history of this test'

type Variables = Readonly<Record<string, string>>

const metadataOf = (values: Variables): { metadata: Metadata } => {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(values)) metadata.set(name, value)
  return { metadata }
}

export const createConsentDatabase = (): Promise<TestDatabase> => createTestDatabase({ migrations: CONSENT_MIGRATIONS })

/** `stored`: its database. */
export async function startConsent(stored: TestDatabase, variables: Variables = {}) {
  const config = readConfig({
    ...{ NODE_ENV: 'test', LOG_LEVEL: 'silent', CONSENT_DATABASE_URL: stored.url, REDIS_URL: testRedisUrl() },
    ...{ JWT_SECRET: randomBytes(32).toString('hex'), CONSENT_KEY: KEY, CONSENT_GRPC_PORT: '0' },
    ...{ SERVICE_KEYS: `${SERVICE.name}=${SERVICE.key}`, CONSENT_CONTROLLER_NAME: 'Acme', ...variables },
  })
  const logger = createLogger(config.LOG_LEVEL)
  const metrics = createProgramMetrics()
  const breakers = createBreakerSet((names, stateOf) => metrics.circuitBreakers(names, stateOf))
  const database = openDatabase({
    ...{ server: stored.server, poolSize: 6, timeout: 5 },
    ...{ logger, metrics, breakers },
  })
  const test = createTestSessions()
  const check = () => Promise.resolve({})
  const server = createGrpcServer({ config, check, isRequired: () => false })
  const proxies = createProxyReader([], 'auto')
  const calls = {
    ...{ hooks: combineHooks([measureCalls(metrics)]), logger },
    readHead: createHeadReader({ proxies, verifyCaller: null, tracing: null }),
    contextOf: createCallContexts({
      ...{ validator: test.sessions, dpop: null, identifyService: createServiceKeys(config.SERVICE_KEYS) },
    }),
  }
  const work = build({ config, logger, database, breakers, metrics, tracing: null, server, calls })
  await work.prepare?.()
  const port = await server.listen({ host: '127.0.0.1', port: 0, maxConnections: 100 })
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const keys = createMacKeys('consent', config.CONSENT_KEY, config.CONSENT_KEY_PREVIOUS)
  const chains = createChains(database.transaction, keys, { onDamaged: () => undefined })
  const consents = createStoredConsents(database.read)
  const record = createRecordChange({
    ...{ consents, recordEvent: () => Promise.resolve(), controller: { name: 'Acme', address: '', contact: '' } },
  })

  return {
    ...{ port, config, database, work, metrics, chains, consents },
    rpc: grpcClient(ConsentService, client),
    /** For calls of a service, of a user, and of an administrator. */
    asService: metadataOf({ 'postern-service': `${SERVICE.name}:${SERVICE.key}` }),
    as: (userId: string, roles = ['USER']) => metadataOf({ authorization: test.bearer({ sub: userId, roles }) }),
    job: (name: string) => {
      const job = work.jobs.find(([, , known]) => known === name)
      return job?.[1] ? job[1]() : Promise.reject(new Error(`There is no job ${name}.`))
    },
    /** What the event user.deleted does. */
    erase: (userId: string) =>
      database.transaction(async (tx) => {
        const event = {
          id: randomUUID(),
          type: 'user.deleted',
          userId,
          seq: 1,
          at: new Date(),
          data: {},
          traceParent: null,
        }
        for (const consumer of work.receives ?? []) await consumer.write(event, tx)
      }),
    verify: createHistoryVerification(createHistories(database.read), keys),
    /** Writes a consent as it would have been written at another time. */
    recordAt: (at: Date, consent: Omit<ConsentRow, 'sequence'>) =>
      chains.change({ userId: consent.userId, create: true }, (tx, chain) =>
        record(tx, chain as NonNullable<typeof chain>, {
          ...{
            consent,
            at,
            origin: { recordedBy: 'user', source: 'web', details: { address: '192.0.2.1', userAgent: null } },
          },
        }),
      ),
    async close() {
      client.close()
      await server.close()
      await work.close?.()
      breakers.close()
      await database.close()
    },
  }
}

export type RunningConsent = Awaited<ReturnType<typeof startConsent>>

export const newUser = (): string => randomUUID()

type GrantInit = MessageInitShape<typeof GrantConsentRequestSchema>

/** A grant of everything that the first version of a purpose has. */
export const grantOf = (purpose: string, more: Omit<GrantInit, '$typeName'> = {}) => ({
  ...{ purpose, textVersion: 1 },
  ...more,
})
