// The data of the events that Postern publishes. docs/events/ has a JSON Schema for each type.
import { EVENT_TYPES, type EventType } from '@postern/contract/event-types'
import type { Consumer as ServiceConsumer } from '@postern/service/events/consumers'
import type { NewEventOf, PostedEventOf } from '@postern/service/events/event'
import type { EventTrail as ServiceEventTrail } from '@postern/service/events/trail'

export { EVENT_TYPES, type EventType } from '@postern/contract/event-types'

/** What kind of passkey it is. */
interface PasskeyFacts {
  passkeyId: string
  /** The model of the authenticator, as it says, and its name if it is a known one. */
  aaguid: string
  provider: string | null
  /** `roaming`: a security key, for example. */
  attachment: 'platform' | 'roaming'
}

/** Without secrets, codes and tokens. The id of the user is the event's subject, so it is not repeated here. */
export interface EventData {
  'user.registered': { email: string; username: string | null }
  /** By `postern user import`. */
  'user.imported': { email: string; username: string | null }
  /** `newDevice`: the account has signed in before, but not from this browser or app since its last change of password. */
  'user.logged_in': { sessionId: string; newDevice: boolean }
  /** At most one per account and minute. `times`: the attempts since the last one. */
  'user.login_failed': { times: number }
  /** Too many logins have failed: others are refused until then. */
  'user.locked': { until: string }
  /** The names of the fields, not their values. */
  'user.profile_updated': { fields: string[] }
  'user.email_verified': { email: string }
  'user.email_changed': { previousEmail: string; email: string }
  'user.role_changed': { role: string }
  /** `user`: because the user deletes the account, or comes back. */
  'user.disabled': { by: 'user' | 'admin' | 'operator' }
  'user.enabled': { by: 'user' | 'admin' | 'operator' }
  'user.terms_accepted': { version: string }
  /** The account is erased then, unless its user comes back. */
  'user.deletion_requested': { dueAt: string }
  'user.deletion_canceled': { by: 'user' | 'admin' | 'operator' }
  'user.deleted': { by: 'user' | 'admin' | 'operator' }
  'username.changed': { username: string | null; previousUsername: string | null }
  'username.released': { username: string }
  'password.changed': { by: 'user' | 'reset' }
  'passkey.added': PasskeyFacts
  'passkey.removed': PasskeyFacts
  /**
   * An account at a sign-in provider was linked: with the sign-in that made the account, with a later one for whose address
   * the provider vouches, or by the user. `claimed`: the address was not verified before, and the account's password,
   * sessions and other ways to sign in have ended.
   */
  'oauth.linked': { provider: string; how: 'signed_up' | 'signed_in' | 'linked' | 'claimed' }
  'oauth.unlinked': { provider: string }
  /** An app that shows codes is the second factor of the account from now on. */
  'mfa.enabled': { method: 'totp' }
  'mfa.disabled': { by: 'user' | 'operator' }
  'recovery_codes.replaced': { by: 'user' }
  /** `sessionId` is null if all sessions were ended, those of `except` excepted. */
  'session.revoked': { sessionId: string | null; except: string | null; reason: string }
  'session.reuse_detected': { sessionId: string }
  /** Of an administrator: a webhook was disabled, because its receiver has failed for a day or is gone. */
  'webhook.disabled': { webhookId: string; reason: 'GONE' | 'FAILING' }
  /** Someone requested a mail with a code. The mail derives the code from the id of this event. */
  'mail.verification_requested': { email: string }
  'mail.password_reset_requested': { email: string }
  'mail.email_change_requested': { email: string }
  /** The user requested a link to their data. */
  'mail.data_export_requested': { email: string }
  /** The mail about a deletion is sent again, with the link of the event `user.deletion_requested` with this id. */
  'mail.deletion_link_requested': { linkId: string; dueAt: string }
  /** Of the administrator who invites. The mail goes to the address of the invitation. */
  'mail.invitation_created': { invitationId: string }
  /** HIDE_REGISTRATION: someone tried to register the address of this account. */
  'mail.registration_attempted': { email: string }
}

/** False for a type that only a newer version knows. */
export const isEventType = (type: string): type is EventType => EVENT_TYPES.some((known) => known === type)

/** What a change says about itself, told apart by its type. */
export type AnyNewEvent = NewEventOf<EventData>

/** Any event, told apart by its type. */
export type AnyEvent = PostedEventOf<EventData>

/** Writes events. */
export type EventTrail = ServiceEventTrail<AnyNewEvent>

/** Something that must happen for some of these events. */
export type Consumer = ServiceConsumer<AnyEvent>
