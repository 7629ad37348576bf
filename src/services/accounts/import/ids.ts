// The ids of imported users. They are derived from their lines, so a line that was imported before is recognized.
import { createHmac } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { canonicalEmail } from '../../../platform/emails.js'

/** Where the time of a UUID of version 7 ends, and the part that is derived begins. */
const TIME_LENGTH = 'xxxxxxxx-xxxx-'.length

/** `key` is a secret: without it, an id says nothing about the address. */
export const createImportIds =
  (key: string) =>
  (line: { email: string; passwordHash: string | null; createdAt: Date | null }, createdAt: Date): string => {
    const parts = [canonicalEmail(line.email), line.passwordHash ?? '', line.createdAt?.toISOString() ?? '']
    const random = createHmac('sha256', key)
      .update(`postern imported user v1\n${parts.join('\n')}`)
      .digest()
    // Ids begin with the time of creation, as those of all users.
    return uuidv7({ msecs: createdAt.getTime(), random })
  }

/** Whether both were derived from the same line. The time is that of the import if the line has none. */
export const isSameImport = (id: string, other: string): boolean => id.slice(TIME_LENGTH) === other.slice(TIME_LENGTH)
