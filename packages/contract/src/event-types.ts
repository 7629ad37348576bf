// The types of events that Postern publishes. docs/events/ describes each.

export const EVENT_TYPES = [
  'user.registered',
  'user.imported',
  'user.logged_in',
  'user.login_failed',
  'user.locked',
  'user.profile_updated',
  'user.email_verified',
  'user.email_changed',
  'user.role_changed',
  'user.disabled',
  'user.enabled',
  'user.terms_accepted',
  'user.deletion_requested',
  'user.deletion_canceled',
  'user.deleted',
  'username.changed',
  'username.released',
  'password.changed',
  'passkey.added',
  'passkey.removed',
  'oauth.linked',
  'oauth.unlinked',
  'mfa.enabled',
  'mfa.disabled',
  'recovery_codes.replaced',
  'session.revoked',
  'session.reuse_detected',
  'webhook.disabled',
  'mail.verification_requested',
  'mail.password_reset_requested',
  'mail.email_change_requested',
  'mail.data_export_requested',
  'mail.deletion_link_requested',
  'mail.invitation_created',
  'mail.registration_attempted',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/** Those that webhooks can get. Events that only ask for a mail, or that are about webhooks, are for Postern itself. */
export const WEBHOOK_EVENT_TYPES: readonly EventType[] = EVENT_TYPES.filter((type) => !/^(?:mail|webhook)\./.test(type))
