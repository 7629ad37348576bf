// Checks ids that clients send before they reach the database.
import { ServiceError } from '@postern/service/errors'
import { isId } from '@postern/service/ids'

/** Returns the id. Throws NOT_FOUND if it doesn't have the form of an id: the id columns are ASCII and can't compare other text. */
export function existingId(id: string): string {
  if (!isId(id)) throw new ServiceError('NOT_FOUND')
  return id
}
