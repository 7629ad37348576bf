// Decides which mails an event causes, and whether they still make sense.
import { recognizeDevice } from '@postern/contract/devices'
import type { Mail, MailKind } from '@postern/delivery/mail/mails'
import { addSeconds, type Clock } from '@postern/service/clock'
import { foldEmail } from '../../platform/emails.js'
import type { Invitation } from '../../repositories/accounts/invitations.js'
import type { UserRecord } from '../../repositories/accounts/users.js'
import type { AnyEvent, EventType } from '../events/index.js'
import type { SignInPlaces } from './sign-in-places.js'

/** Why a mail is not sent. */
export type Dropped = 'expired' | 'deleted' | 'verified' | 'changed' | 'unusable'

/** What the mails of an event need to know. */
export interface MailFacts {
  findUser: (id: string) => Promise<Pick<UserRecord, 'email' | 'emailVerifiedAt'> | null>
  /** Null if the session has been deleted. */
  findInvitation: (id: string) => Promise<Pick<Invitation, 'email' | 'usesLeft' | 'expiresAt' | 'revokedAt'> | null>
  findClient: (sessionId: string) => Promise<{ ipAddress: string | null; userAgent: string | null } | null>
}

interface Options extends MailFacts {
  places: Pick<SignInPlaces, 'isKnown'>
  codeOf: (eventId: string) => string
  /** Of the links that keep an account, and that lead to the data of a user. */
  linkTokenOf: (eventId: string) => string
  exportTokenOf: (userId: string, eventId: string) => string
  invitationCodeOf: (eventId: string) => string
  exportLinkSeconds: number
  /** How long the code of an event is valid. */
  codeLifeSeconds: number
  /** What people call a sign-in provider. */
  providerLabel: (name: string) => string
  /** Without a slash at its end. */
  appUrl: string
  clock: Clock
}

/** The events that cause mails, and the kind of each. */
const KINDS = {
  'user.registered': 'verify-email',
  'mail.verification_requested': 'verify-email',
  'mail.password_reset_requested': 'reset-password',
  'mail.email_change_requested': 'change-email',
  'mail.registration_attempted': 'registration-attempted',
  'password.changed': 'password-changed',
  'passkey.added': 'passkey-added',
  'passkey.removed': 'passkey-removed',
  'mfa.enabled': 'two-step-changed',
  'mfa.disabled': 'two-step-changed',
  'recovery_codes.replaced': 'two-step-changed',
  'user.email_changed': 'email-changed',
  'username.changed': 'username-changed',
  'user.logged_in': 'new-device',
  'oauth.linked': 'sign-in-method-added',
  'oauth.unlinked': 'sign-in-method-removed',
  'user.locked': 'account-locked',
  'webhook.disabled': 'webhook-disabled',
  'user.deletion_requested': 'deletion-requested',
  'mail.deletion_link_requested': 'deletion-requested',
  'mail.data_export_requested': 'data-export',
  'mail.invitation_created': 'invitation',
} as const satisfies Partial<Record<EventType, MailKind>>

export const MAIL_EVENTS = Object.keys(KINDS) as (keyof typeof KINDS)[]

/** What the mail about the second factor says. */
const FACTOR_CHANGES = { 'mfa.enabled': 'on', 'mfa.disabled': 'off', 'recovery_codes.replaced': 'codes' } as const

type MailEvent = Extract<AnyEvent, { type: keyof typeof KINDS }>

export const isMailEvent = (event: AnyEvent): event is MailEvent => Object.hasOwn(KINDS, event.type)

/** Whether the event itself says that it needs no mail, as most sign-ins do. */
export function needsMail(event: MailEvent): boolean {
  if (event.type === 'user.logged_in') return event.data.newDevice
  // The account is as new as its first way to sign in.
  return event.type !== 'oauth.linked' || event.data.how !== 'signed_up'
}

export const kindOf = ({ type }: MailEvent): MailKind => KINDS[type]

type User = NonNullable<Awaited<ReturnType<MailFacts['findUser']>>>

export type Compose = ReturnType<typeof createCompose>

export function createCompose(options: Options) {
  const { findUser, findInvitation, findClient, places, codeOf, codeLifeSeconds, providerLabel, appUrl, clock } =
    options
  const signIn = `${appUrl}/sign-in`
  const account = `${appUrl}/account`
  const forgotten = `${appUrl}/forgot-password`
  const methods = `${appUrl}/account#sign-in-methods`

  /** `values` are in the fragment: browsers do not send that to a server. */
  const linkTo = (page: string, values: Record<string, string>): string =>
    `${appUrl}/${page}#${new URLSearchParams(values).toString().replaceAll('+', '%20')}`

  /** The code, and the link that carries it. */
  function coded<Kind extends 'verify-email' | 'reset-password' | 'change-email'>(
    kind: Kind,
    event: MailEvent,
    { to, named }: { to: string; named: boolean },
  ) {
    const code = codeOf(event.id)
    const minutes = codeLifeSeconds / 60
    return {
      kind,
      part: kind,
      to,
      values: { code, link: linkTo(kind, { ...(named && { email: to }), code }), minutes },
      expiresAt: addSeconds(event.at, codeLifeSeconds),
    }
  }

  const isExpired = ({ at }: MailEvent) => clock() > addSeconds(at, codeLifeSeconds)

  /** The address of the account has changed since the event. A code for the earlier one must not reach it. */
  const isChanged = (user: User, { email }: { email: string }) => foldEmail(user.email) !== foldEmail(email)

  function verification(event: MailEvent, user: User, data: { email: string }): Mail[] | Dropped {
    if (isExpired(event)) return 'expired'
    if (isChanged(user, data)) return 'changed'
    if (user.emailVerifiedAt) return 'verified'
    return [coded('verify-email', event, { to: data.email, named: true })]
  }

  async function newDevice(at: Date, user: User, sessionId: string): Promise<Mail[]> {
    const client = await findClient(sessionId)
    // Not the header itself: its text could be a message of an attacker who knows the password.
    const device = recognizeDevice(client?.userAgent ?? '')?.name ?? ''
    const values = { time: timeOf(at), device, ipAddress: client?.ipAddress ?? '', link: account }
    return [{ kind: 'new-device', part: 'new-device', to: user.email, values }]
  }

  /** Null: the invitation is gone, or can't be used any more. */
  async function invitation(event: MailEvent, id: string): Promise<Mail[] | Dropped> {
    const found = await findInvitation(id)
    if (!found || found.email === null || found.revokedAt || found.usesLeft === 0) return 'unusable'
    if (found.expiresAt <= clock()) return 'expired'
    const { email: to, expiresAt } = found
    const code = options.invitationCodeOf(event.id)
    const link = linkTo('', { invitation: code, email: to })
    return [{ kind: 'invitation', part: 'invitation', to, values: { code, link, time: timeOf(expiresAt) }, expiresAt }]
  }

  /** `linkId`: the id of the event with which the deletion was requested. */
  function deletion(to: string, linkId: string, data: { dueAt: string }): Mail[] | Dropped {
    const dueAt = new Date(data.dueAt)
    if (dueAt <= clock()) return 'expired'
    const values = { time: timeOf(dueAt), link: linkTo('keep-account', { token: options.linkTokenOf(linkId) }) }
    return [{ kind: 'deletion-requested', part: 'deletion-requested', to, values, expiresAt: dueAt }]
  }

  function dataExport(event: MailEvent, to: string): Mail[] | Dropped {
    const expiresAt = addSeconds(event.at, options.exportLinkSeconds)
    if (clock() > expiresAt) return 'expired'
    const link = linkTo('data-export', { token: options.exportTokenOf(event.userId, event.id) })
    const values = { link, minutes: options.exportLinkSeconds / 60 }
    return [{ kind: 'data-export', part: 'data-export', to, values, expiresAt }]
  }

  /** The mails of an event. None if it needs none; a reason if they are not sent because the account has changed. */
  return async (event: MailEvent): Promise<Mail[] | Dropped> => {
    if (!needsMail(event)) return []
    const user = await findUser(event.userId)
    if (!user) return 'deleted'
    const time = timeOf(event.at)
    switch (event.type) {
      case 'user.registered':
      case 'mail.verification_requested':
        return verification(event, user, event.data)
      case 'mail.password_reset_requested':
        if (isExpired(event)) return 'expired'
        if (isChanged(user, event.data)) return 'changed'
        return [coded('reset-password', event, { to: event.data.email, named: true })]
      case 'mail.email_change_requested':
        if (isExpired(event)) return 'expired'
        return [coded('change-email', event, { to: event.data.email, named: false })]
      case 'mail.registration_attempted':
        if (isChanged(user, event.data)) return 'changed'
        return [
          { kind: 'registration-attempted', part: 'registration-attempted', to: user.email, values: { link: signIn } },
        ]
      case 'password.changed': {
        const values = { time, reset: event.data.by === 'reset', link: forgotten }
        return [{ kind: 'password-changed', part: 'password-changed', to: user.email, values }]
      }
      case 'passkey.added':
      case 'passkey.removed': {
        const kind = KINDS[event.type]
        const values = { time, provider: event.data.provider ?? '', link: account }
        return [{ kind, part: kind, to: user.email, values }]
      }
      case 'mfa.enabled':
      case 'mfa.disabled':
      case 'recovery_codes.replaced': {
        const values = { change: FACTOR_CHANGES[event.type], time, link: forgotten }
        return [{ kind: 'two-step-changed', part: 'two-step-changed', to: user.email, values }]
      }
      case 'user.email_changed': {
        const { email, previousEmail } = event.data
        const values = { time, email, previousEmail, link: signIn }
        return [
          { kind: 'email-changed', part: 'email-changed.previous', to: previousEmail, values },
          { kind: 'email-changed', part: 'email-changed.new', to: email, values },
        ]
      }
      case 'username.changed': {
        const { username, previousUsername } = event.data
        const values = { time, username: username ?? '', previousUsername: previousUsername ?? '', link: signIn }
        return [{ kind: 'username-changed', part: 'username-changed', to: user.email, values }]
      }
      case 'user.logged_in':
        if (await places.isKnown(event.userId, event.data.sessionId)) return []
        return newDevice(event.at, user, event.data.sessionId)
      case 'oauth.linked': {
        const { provider, how } = event.data
        const values = { method: providerLabel(provider), claimed: how === 'claimed', time, link: methods }
        return [{ kind: 'sign-in-method-added', part: 'sign-in-method-added', to: user.email, values }]
      }
      case 'oauth.unlinked': {
        const values = { method: providerLabel(event.data.provider), time, link: methods }
        return [{ kind: 'sign-in-method-removed', part: 'sign-in-method-removed', to: user.email, values }]
      }
      case 'webhook.disabled': {
        const values = { webhookId: event.data.webhookId, gone: event.data.reason === 'GONE', time }
        return [{ kind: 'webhook-disabled', part: 'webhook-disabled', to: user.email, values }]
      }
      case 'user.deletion_requested':
        return deletion(user.email, event.id, event.data)
      case 'mail.deletion_link_requested':
        return deletion(user.email, event.data.linkId, event.data)
      case 'mail.data_export_requested':
        return isChanged(user, event.data) ? 'changed' : dataExport(event, user.email)
      case 'mail.invitation_created':
        return invitation(event, event.data.invitationId)
      case 'user.locked': {
        const values = { until: timeOf(new Date(event.data.until)), link: forgotten }
        return [{ kind: 'account-locked', part: 'account-locked', to: user.email, values }]
      }
    }
  }
}

const FORMAT = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** Such as "November 30, 2026 at 9:30 AM UTC". */
const timeOf = (at: Date): string => `${FORMAT.format(at).replace(/\s/gu, ' ')} UTC`
