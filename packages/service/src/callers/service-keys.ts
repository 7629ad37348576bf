// The keys by which services prove to each other who they are: `postern-service: <name>:<key>` in the metadata of a call.
import { createHash, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.js'
import type { ServiceKey } from '../service-key-variables.js'
import type { ServiceCaller } from './caller.js'

export const SERVICE_METADATA = 'postern-service'

/** Longer than any name and key. */
const MAX_LENGTH = 300

const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

/** What a service sends. */
export const serviceCredential = ({ name, key }: ServiceKey): string => `${name}:${key}`

/** Returns the service that has sent this credential. Throws UNAUTHENTICATED if there is none with this key. */
export type IdentifyService = (credential: string) => ServiceCaller

/**
 * All keys are compared, by their hashes and in constant time, so that the time of a refusal says neither which names exist nor how
 * much of a key was right. A name can have several keys.
 */
export function createServiceKeys(keys: readonly ServiceKey[]): IdentifyService {
  const known = keys.map((key) => ({ name: key.name, hash: hash(serviceCredential(key)) }))
  return (credential) => {
    const given = hash(credential.slice(0, MAX_LENGTH))
    let found: string | null = null
    for (const key of known) if (timingSafeEqual(key.hash, given)) found = key.name
    if (found === null)
      throw new ServiceError('UNAUTHENTICATED', { message: 'This service is not known, or its key is not valid.' })
    return { kind: 'service', name: found }
  }
}
