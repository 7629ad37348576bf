// The events of Shared Signals that this service sends, and how each follows from an event of Postern.
import { unixSeconds } from '@postern/service/clock'
import type { AnyEvent, EventType } from '../events/index.js'
import { type SubjectIdentifier, sessionSubject, userSubject } from './subjects.js'

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/'
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/'
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/'

/** What a stream can deliver. */
const SIGNAL_TYPES = {
  sessionRevoked: `${CAEP}session-revoked`,
  credentialChange: `${CAEP}credential-change`,
  accountDisabled: `${RISC}account-disabled`,
  accountEnabled: `${RISC}account-enabled`,
  accountPurged: `${RISC}account-purged`,
} as const

export const SUPPORTED_EVENTS: readonly string[] = Object.values(SIGNAL_TYPES)

/** About the stream itself. Every stream delivers them. */
export const VERIFICATION = `${SSF}verification`
export const STREAM_UPDATED = `${SSF}stream-updated`

/** The events of Postern that become signals. */
export const SIGNALED_EVENTS = [
  'session.revoked',
  'password.changed',
  'passkey.added',
  'passkey.removed',
  'oauth.linked',
  'oauth.unlinked',
  'mfa.enabled',
  'mfa.disabled',
  'recovery_codes.replaced',
  'user.disabled',
  'user.enabled',
  'user.deleted',
] as const satisfies readonly EventType[]

type SignaledEvent = Extract<AnyEvent, { type: (typeof SIGNALED_EVENTS)[number] }>

export const isSignaled = (event: AnyEvent): event is SignaledEvent =>
  (SIGNALED_EVENTS as readonly EventType[]).includes(event.type)

/** What is said, to whomever it is sent. */
export interface Signal {
  type: string
  subject: SubjectIdentifier
  /** The members of the event. */
  event: Record<string, unknown>
}

type Initiator = 'admin' | 'user' | 'policy'

/** Who caused the end of sessions, and what an administrator reads. Other reasons are rules of the service. */
const REVOCATIONS: Readonly<Record<string, [Initiator, string]>> = {
  logout: ['user', 'The user signed out.'],
  logout_all: ['user', 'The user signed out everywhere.'],
  signed_in_again: ['user', 'The user signed in again on the same device.'],
  session_revoked: ['user', 'The user ended this session from another one.'],
  password_changed: ['user', 'The password was changed.'],
  password_reset: ['user', 'The password was reset.'],
  address_claimed: ['user', 'The owner of the email address signed in with a provider.'],
  second_factor_changed: ['user', 'The second factor was added, replaced or removed.'],
  email_changed: ['user', 'The email address was changed.'],
  deletion_requested: ['user', 'The user asked to delete the account.'],
  account_deleted: ['user', 'The account was deleted.'],
  revoked_by_admin: ['admin', 'An administrator ended the sessions.'],
  role_changed: ['admin', 'The role of the user was changed.'],
  user_disabled: ['admin', 'The account was disabled.'],
}

/** The claims that CAEP defines for every event (section 2). */
const because = (at: Date, [initiator, reason]: readonly [Initiator, string]) => ({
  event_timestamp: unixSeconds(at),
  initiating_entity: initiator,
  reason_admin: { en: reason },
})

/** CAEP section 3.3. Receivers may know further types of credentials than those that it names, such as recovery codes. */
const credentialChange = (
  at: Date,
  subject: SubjectIdentifier,
  [credential_type, change_type]: readonly [string, 'create' | 'update' | 'delete'],
  why: readonly [Initiator, string],
): Signal => {
  const event = { credential_type, change_type, ...because(at, why) }
  return { type: SIGNAL_TYPES.credentialChange, subject, event }
}

export function signalOf(event: SignaledEvent, issuer: string): Signal {
  const user = userSubject(issuer, event.userId)
  switch (event.type) {
    case 'session.revoked': {
      const { sessionId, except, reason } = event.data
      const why = REVOCATIONS[reason] ?? (['policy', `A rule of the service: ${reason.replaceAll('_', ' ')}.`] as const)
      return {
        type: SIGNAL_TYPES.sessionRevoked,
        subject: sessionId === null ? user : { format: 'complex', user, session: sessionSubject(sessionId) },
        // CAEP has no "all but one". A receiver that does not know the member ends one session too many.
        event: { ...because(event.at, why), ...(except !== null && { except_session: sessionSubject(except) }) },
      }
    }
    case 'password.changed': {
      const reason = event.data.by === 'reset' ? 'The password was reset by mail.' : 'The user changed the password.'
      return credentialChange(event.at, user, ['password', 'update'], ['user', reason])
    }
    case 'mfa.enabled':
      return credentialChange(event.at, user, ['app', 'create'], ['user', 'The user added an authenticator app.'])
    case 'mfa.disabled': {
      const removed = 'removed the authenticator app of the account.'
      const why: [Initiator, string] =
        event.data.by === 'operator' ? ['admin', `An operator ${removed}`] : ['user', `The user ${removed}`]
      return credentialChange(event.at, user, ['app', 'delete'], why)
    }
    case 'recovery_codes.replaced': {
      const why: [Initiator, string] = ['user', 'The user got new recovery codes.']
      return credentialChange(event.at, user, ['recovery-code', 'update'], why)
    }
    case 'passkey.added':
    case 'passkey.removed': {
      const { attachment, aaguid } = event.data
      const isAdded = event.type === 'passkey.added'
      const reason = isAdded ? 'The user added a passkey.' : 'The user removed a passkey.'
      const change = [`fido2-${attachment}`, isAdded ? 'create' : 'delete'] as const
      const signal = credentialChange(event.at, user, change, ['user', reason])
      return { ...signal, event: { ...signal.event, fido2_aaguid: aaguid } }
    }
    case 'oauth.linked':
    case 'oauth.unlinked': {
      const [change_type, done] = event.type === 'oauth.linked' ? ['create', 'linked'] : ['delete', 'unlinked']
      const change = { credential_type: 'federated', change_type, friendly_name: event.data.provider }
      const claims = { ...change, ...because(event.at, ['user', `An account at a sign-in provider was ${done}.`]) }
      return { type: SIGNAL_TYPES.credentialChange, subject: user, event: claims }
    }
    case 'user.disabled':
      return { type: SIGNAL_TYPES.accountDisabled, subject: user, event: { event_timestamp: unixSeconds(event.at) } }
    case 'user.enabled':
      return { type: SIGNAL_TYPES.accountEnabled, subject: user, event: { event_timestamp: unixSeconds(event.at) } }
    case 'user.deleted':
      return { type: SIGNAL_TYPES.accountPurged, subject: user, event: { event_timestamp: unixSeconds(event.at) } }
  }
}

/** Of the requested events, those that the service knows. */
export const deliveredEvents = (requested: readonly string[]): string[] =>
  SUPPORTED_EVENTS.filter((uri) => requested.includes(uri))
