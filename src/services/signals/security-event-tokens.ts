// Makes Security Event Tokens (RFC 8417) of recorded signals.
import { createHash, randomBytes } from 'node:crypto'
import { unixSeconds } from '@postern/service/clock'
import type { NewSignal, WaitingSignal } from '../../repositories/signals/signals.js'
import type { AnyEvent } from '../events/index.js'
import type { Signal } from './event-types.js'
import { streamSubject } from './subjects.js'

/** The id of an event's token for a stream: the same whenever it is computed, and another one for each stream. */
const jtiOf = (eventId: string, streamId: string): string =>
  createHash('sha256').update(`${eventId} ${streamId}`).digest('hex').slice(0, 32)

export const isJti = (text: string): boolean => /^[\da-f]{32}$/.test(text)

/** `txn` is the same in the tokens of all streams. It must identify the event, so it is not the trace of a client. */
export const signalFor = (streamId: string, { type, subject, event }: Signal, cause: AnyEvent): NewSignal => ({
  streamId,
  jti: jtiOf(cause.id, streamId),
  userId: cause.userId,
  at: cause.at,
  seq: cause.seq,
  claims: JSON.stringify({ txn: cause.id, sub_id: subject, events: { [type]: event } }),
  aboutStatus: false,
})

/** A signal about the stream itself. */
export function signalAboutStream(
  streamId: string,
  type: string,
  event: Record<string, unknown>,
  { aboutStatus }: { aboutStatus: boolean },
): NewSignal {
  const jti = randomBytes(16).toString('hex')
  const claims = JSON.stringify({ txn: jti, sub_id: streamSubject(streamId), events: { [type]: event } })
  return { streamId, jti, userId: null, at: null, seq: 0, claims, aboutStatus }
}

/** Signs the claims of a token with the current key. */
export type Sign = (claims: Record<string, unknown>) => string

export type TokenWriter = ReturnType<typeof createTokenWriter>

/** Tokens are signed when they are delivered, so that a key that has retired since signs none. `iat` stays the same. */
export const createTokenWriter =
  ({ issuer, sign }: { issuer: string; sign: Sign }) =>
  (signal: WaitingSignal, audience: string): string =>
    sign({
      iss: issuer,
      aud: audience,
      jti: signal.jti,
      iat: unixSeconds(signal.createdAt),
      ...(JSON.parse(signal.claims) as object),
    })
