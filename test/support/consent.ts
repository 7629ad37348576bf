// The consent service in this process, as other services and people call it.
import { randomUUID } from 'node:crypto'
import { ConsentService, type GrantConsentRequestSchema } from '@postern/proto/consent'
import { grpcClient } from '@postern/proto/grpc-client'
import { createMacKeys } from '@postern/service/mac-keys'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { controllerOf, readConfig } from '../../services/consent/src/config/index.js'
import { createRecordChange } from '../../services/consent/src/consents/changes.js'
import type { ConsentRow } from '../../services/consent/src/consents/consent.js'
import { createStoredConsents } from '../../services/consent/src/consents/stored-consents.js'
import { createChains } from '../../services/consent/src/history/chains.js'
import { createHistories } from '../../services/consent/src/history/histories.js'
import { createHistoryVerification } from '../../services/consent/src/history/verify-history.js'
import { program } from '../../services/consent/src/program.js'
import { type BesideOptions, startBeside } from './beside-service.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { deliverable, deliverEvents } from './delivered-events.js'
import { asService, serviceKeys } from './service-keys.js'
import { asUser } from './token-issuer.js'

const ENVIRONMENT = { CONSENT_KEY: 'the key of the history of this test', CONSENT_CONTROLLER_NAME: 'Acme' }

const ORIGIN = { recordedBy: 'user', source: 'web', details: { address: '192.0.2.1', userAgent: null } } as const

export type RunningConsent = Awaited<ReturnType<typeof startConsent>>

export const createConsentDatabase = (): Promise<TestDatabase> => createTestDatabase({ migrations: program.migrations })

export async function startConsent(env: Record<string, string> = {}, options: BesideOptions = {}) {
  const described = { name: 'consent', program, readConfig, env: { ...ENVIRONMENT, ...env } } as const
  const service = await startBeside(described, options)
  const { config, database } = service.parts()
  const keys = createMacKeys('consent', config.CONSENT_KEY, config.CONSENT_KEY_PREVIOUS)
  const chains = createChains(database.transaction, keys, { onDamaged: () => undefined })
  const consents = createStoredConsents(database.read)
  const controller = controllerOf(config)
  const record = createRecordChange({ consents, recordEvent: () => Promise.resolve(), controller })

  return {
    ...{ ...service, config, chains, consents, rpc: grpcClient(ConsentService, service.client) },
    /** What Postern needs to call it. */
    access: { CONSENT_GRPC_URL: service.grpcUrl, ...serviceKeys('auth') },
    /** For calls of a service, and of a person: their tokens need startTokenIssuer. */
    ...{ asService: asService('workflow'), as: asUser },
    erase: (userId: string) => deliverEvents(service.client, deliverable('user.deleted', userId)),
    verify: createHistoryVerification(createHistories(database.read), keys),
    /** Writes a consent as it would have been written at another time. */
    recordAt: (at: Date, consent: Omit<ConsentRow, 'sequence'>) =>
      chains.change({ userId: consent.userId, create: true }, (tx, chain) =>
        record(tx, chain as NonNullable<typeof chain>, { consent, at, origin: ORIGIN }),
      ),
  }
}

export const newUser = (): string => randomUUID()

type GrantInit = MessageInitShape<typeof GrantConsentRequestSchema>

/** A grant of everything that the first version of a purpose has. */
export const grantOf = (purpose: string, more: Omit<GrantInit, '$typeName'> = {}) => ({
  ...{ purpose, textVersion: 1 },
  ...more,
})
