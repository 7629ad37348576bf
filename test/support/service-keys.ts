// How the services of the tests know each other: each by its key.
import type { Metadata } from '@grpc/grpc-js'
import { metadata } from './grpc.js'

const KEYS = {
  auth: 'test-auth-key-0123456789abcdef0123456789ab',
  consent: 'test-consent-key-0123456789abcdef01234567',
  notification: 'test-notification-key-0123456789abcdef01',
  workflow: 'test-workflow-key-0123456789abcdef012345',
}

export type ServiceName = keyof typeof KEYS

/** As a service has it in SERVICE_KEY. */
export const serviceKey = (name: ServiceName) => ({ name, key: KEYS[name] })

/** The header by which a service is known. */
export const serviceHeader = (name: ServiceName): Record<string, string> => ({
  'postern-service': `${name}:${KEYS[name]}`,
})

/** For a call of a service. */
export const asService = (name: ServiceName = 'workflow'): { metadata: Metadata } => ({
  metadata: metadata(serviceHeader(name)),
})

/** SERVICE_KEYS of those that are called, and SERVICE_KEY of the one that calls. */
export const serviceKeys = (name: ServiceName): Record<string, string> => ({
  SERVICE_KEYS: Object.entries(KEYS)
    .map(([each, key]) => `${each}=${key}`)
    .join(','),
  SERVICE_KEY: `${name}:${KEYS[name]}`,
})
