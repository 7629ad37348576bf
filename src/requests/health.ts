// What this service needs, and what it can't do without.
import type { Component } from '@postern/service/requests/readiness'

/** What the service needs. */
export interface Health {
  mysql: Component
  /** REDIS_URL. */
  redis: Component
  /** REVOCATION_REDIS_URL. */
  revocationRedis: Component
  /** The process that hashes passwords. */
  hasher: Component
  /** RABBITMQ_URL, if there is one. Without it, events wait in the database. */
  rabbitmq?: Component
  /** CONSENT_GRPC_URL and NOTIFICATION_GRPC_URL, if there are such services. Only their own operations need them. */
  consent?: Component
  notification?: Component
}

/** Without Redis the service works, but slower, and revocations reach validators later. */
const REQUIRED: readonly string[] = ['mysql', 'hasher'] satisfies (keyof Health)[]

export const isRequiredForService = (component: string): boolean => REQUIRED.includes(component)
