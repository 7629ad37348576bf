// What is handed over to another service waits while that is away.
import { status } from '@grpc/grpc-js'
import { ServiceError } from '../errors.js'
import { Deferral } from '../events/consumers.js'
import { UpstreamError } from './upstream-error.js'

/** Whatever is handed over, the answer is the same now, and can be another one later. */
const AWAY: readonly string[] = ['SERVICE_UNAVAILABLE', 'RATE_LIMITED']

/** The service does not know the key of this one. It refuses every call until an operator has mended that. */
const isUnknownKey = ({ cause }: ServiceError): boolean =>
  cause instanceof UpstreamError && cause.code === status.UNAUTHENTICATED

/** Rejects with a {@link Deferral}, an outage, while the service is away, and otherwise as `call` does. `name`: of the service. */
export async function deferWhileAway<Result>(name: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const outage = { isOutage: true, cause: error }
    if (isUnknownKey(error)) throw new Deferral(`The ${name} service refuses SERVICE_KEY.`, outage)
    if (AWAY.includes(error.code)) throw new Deferral(`The ${name} service is away (${error.code}).`, outage)
    throw error
  }
}
