// The codes in mails: derived from the event that causes the mail, so that a repeated mail repeats its code.
import { createHmac } from 'node:crypto'

export const CODE_LENGTH = 8

/** 8 digits. Only the processes of the deployment can compute it: the id of an event is no secret. */
export type CodeOf = (eventId: string) => string

export function createCodeOf(refreshKey: string): CodeOf {
  const key = createHmac('sha256', refreshKey).update('postern mail code key v1').digest()
  return (eventId) => {
    const number = createHmac('sha256', key).update(eventId).digest().readBigUInt64BE()
    return String(number % 10n ** BigInt(CODE_LENGTH)).padStart(CODE_LENGTH, '0')
  }
}
