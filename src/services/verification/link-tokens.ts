// The tokens in links of mails: derived, like codes, from the event that causes the mail. Unlike codes, no one can guess them.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { addSeconds } from '@postern/service/clock'
import { isId } from '@postern/service/ids'
import { deriveKey } from '@postern/service/sealing'

/** What is stored instead of a token or an invitation code. A plain hash, because neither can be tried out. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** 256 bits. Only the processes of the deployment can compute it: the id of an event is no secret. */
export type LinkTokenOf = (eventId: string) => string

export function createLinkTokenOf(refreshKey: string): LinkTokenOf {
  const key = deriveKey(refreshKey, 'postern mail link key v1')
  return (eventId) => createHmac('sha256', key).update(eventId).digest('base64url')
}

/** Tokens that one user can use while signed in, until they expire. Nothing is stored. */
export interface OwnTokens {
  of(userId: string, eventId: string): string
  /** Whether it is this user's, and of an event at most `seconds` before `now`. */
  isValid(userId: string, token: string, now: Date, seconds: number): boolean
}

export function createOwnTokens(refreshKey: string, purpose: string): OwnTokens {
  const key = deriveKey(refreshKey, `postern ${purpose} link key v1`)
  const macOf = (userId: string, eventId: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([userId, eventId]))
      .digest('base64url')
  return {
    of: (userId, eventId) => `${eventId}.${macOf(userId, eventId)}`,
    isValid(userId, token, now, seconds) {
      const [eventId = '', mac = ''] = token.split('.')
      const expected = macOf(userId, eventId)
      if (!isId(eventId) || mac.length !== expected.length) return false
      if (!timingSafeEqual(Buffer.from(mac), Buffer.from(expected))) return false
      return addSeconds(timeOf(eventId), seconds) > now
    },
  }
}

/** When a UUIDv7 was made. */
const timeOf = (id: string): Date => new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16))
