// Repeats transactions that deadlock or read a row that has changed since.
import { setTimeout as sleep } from 'node:timers/promises'
import { asDomainError, isReadOnlyRefusal, isWriteConflict } from './failures.js'

const ATTEMPTS = 6

/**
 * Repeats a transaction while it deadlocks, each time after a longer pause. Throws SERVICE_UNAVAILABLE if the database is
 * unavailable. Calls `onReadOnly` if the server refused a write because it is read-only.
 */
export async function retryDeadlocks<T>(transaction: () => Promise<T>, onReadOnly?: () => void): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction()
    } catch (error) {
      if (isReadOnlyRefusal(error)) onReadOnly?.()
      if (!isWriteConflict(error) || attempt === ATTEMPTS) throw asDomainError(error)
      await sleep(Math.random() * 2 ** attempt * 2)
    }
  }
}
