// Repeats transactions that deadlock.
import { setTimeout as sleep } from 'node:timers/promises'
import { asDomainError, isWriteConflict } from './failures.js'

const ATTEMPTS = 6

/**
 * Repeats a transaction while it deadlocks, each time after a longer pause. Throws SERVICE_UNAVAILABLE if the database is
 * unavailable.
 */
export async function retryDeadlocks<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction()
    } catch (error) {
      if (!isWriteConflict(error) || attempt === ATTEMPTS) throw asDomainError(error)
      await sleep(Math.random() * 2 ** attempt * 2)
    }
  }
}
