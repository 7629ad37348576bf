// Puts wrong codes into the audit log.
import { ServiceError } from '@postern/service/errors'
import type { AuditEvent, Refusals } from '../audit/index.js'

/** Runs `check`, and notes a wrong code. `name`: the address that was typed, of which only an HMAC is kept. */
export async function noteWrongCodes<T>(
  refusals: Refusals,
  event: AuditEvent,
  name: string | null,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check()
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'INVALID_CODE')
      refusals.note({ ...event, result: 'FAILURE' }, name)
    if (error instanceof ServiceError && error.code === 'RATE_LIMITED')
      refusals.note({ ...event, result: 'LOCKED' }, name)
    throw error
  }
}
