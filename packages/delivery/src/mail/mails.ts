// What a mail is: its kind, what its template shows, and who gets it.

/** What each kind of mail shows besides the name and the address of the app. docs/mail.md lists them for operators. */
export interface MailValues {
  'verify-email': { code: string; link: string; minutes: number }
  'reset-password': { code: string; link: string; minutes: number }
  'change-email': { code: string; link: string; minutes: number }
  /** HIDE_REGISTRATION: a registration with the address of an account. */
  'registration-attempted': { link: string }
  'password-changed': { time: string; reset: boolean; link: string }
  /** `provider` is empty if it is unknown. */
  'passkey-added': { time: string; provider: string; link: string }
  'passkey-removed': { time: string; provider: string; link: string }
  /** Of the second factor. `codes`: new recovery codes. */
  'two-step-changed': { change: 'on' | 'off' | 'codes'; time: string; link: string }
  /** Sent to the new address, and to the previous one. */
  'email-changed': { time: string; email: string; previousEmail: string; link: string }
  /** Empty for none. */
  'username-changed': { time: string; username: string; previousUsername: string; link: string }
  /** `device` and `ipAddress` are empty if they are unknown. */
  'new-device': { time: string; device: string; ipAddress: string; link: string }
  /** `method`: such as Google. `claimed`: earlier ways to sign in, and sessions, have ended. */
  'sign-in-method-added': { method: string; claimed: boolean; time: string; link: string }
  'sign-in-method-removed': { method: string; time: string; link: string }
  'account-locked': { until: string; link: string }
  /** To every administrator. `gone`: the receiver said that it does not exist anymore; otherwise it has failed for a day. */
  'webhook-disabled': { webhookId: string; gone: boolean; time: string }
  'deletion-requested': { time: string; link: string }
  'data-export': { link: string; minutes: number }
  /** To the invited person. */
  invitation: { code: string; link: string; time: string }
}

export type MailKind = keyof MailValues

/** Values that every template can be tried with, to find its mistakes before the first mail. */
export const SAMPLES: MailValues = {
  'verify-email': { code: '12345678', link: 'https://example.com/verify-email', minutes: 10 },
  'reset-password': { code: '12345678', link: 'https://example.com/reset-password', minutes: 10 },
  'change-email': { code: '12345678', link: 'https://example.com/change-email', minutes: 10 },
  'registration-attempted': { link: 'https://example.com/sign-in' },
  'password-changed': { time: 'November 30, 2026 at 9:30 AM UTC', reset: false, link: 'https://example.com/sign-in' },
  'passkey-added': {
    time: 'November 30, 2026 at 9:30 AM UTC',
    provider: 'iCloud Keychain',
    link: 'https://example.com/account',
  },
  'passkey-removed': {
    time: 'November 30, 2026 at 9:30 AM UTC',
    provider: 'iCloud Keychain',
    link: 'https://example.com/account',
  },
  'two-step-changed': { change: 'on', time: 'November 30, 2026 at 9:30 AM UTC', link: 'https://example.com/sign-in' },
  'email-changed': {
    time: 'November 30, 2026 at 9:30 AM UTC',
    email: 'new@example.com',
    previousEmail: 'previous@example.com',
    link: 'https://example.com/sign-in',
  },
  'username-changed': {
    time: 'November 30, 2026 at 9:30 AM UTC',
    username: 'ada',
    previousUsername: 'augusta',
    link: 'https://example.com/sign-in',
  },
  'new-device': {
    time: 'November 30, 2026 at 9:30 AM UTC',
    device: 'Firefox on Windows',
    ipAddress: '192.0.2.1',
    link: 'https://example.com/account',
  },
  'sign-in-method-added': {
    ...{ method: 'Google', claimed: false, time: 'November 30, 2026 at 9:30 AM UTC' },
    link: 'https://example.com/account',
  },
  'sign-in-method-removed': {
    ...{ method: 'Google', time: 'November 30, 2026 at 9:30 AM UTC', link: 'https://example.com/account' },
  },
  'account-locked': { until: 'November 30, 2026 at 9:30 AM UTC', link: 'https://example.com/sign-in' },
  'webhook-disabled': {
    webhookId: '01234567-89ab-7cde-8f01-23456789abcd',
    gone: false,
    time: 'November 30, 2026 at 9:30 AM UTC',
  },
  'deletion-requested': { time: 'November 30, 2026 at 9:30 AM UTC', link: 'https://example.com/keep-account' },
  'data-export': { link: 'https://example.com/data-export', minutes: 60 },
  invitation: {
    code: 'K7QF-2M9X-41ZT-8RDN',
    link: 'https://example.com/',
    time: 'November 30, 2026 at 9:30 AM UTC',
  },
}

export const MAIL_KINDS = Object.keys(SAMPLES) as MailKind[]

/** One mail that an event causes. */
export type Mail = {
  [Kind in MailKind]: {
    kind: Kind
    /** Tells the mails of one event apart. */
    part: string
    to: string
    values: MailValues[Kind]
    /** When it makes no sense any more. */
    expiresAt?: Date
  }
}[MailKind]

/** A mail as it is sent. */
export interface Message {
  /** The same each time the mail is sent, without angle brackets. */
  messageId: string
  to: string
  subject: string
  text: string
  html: string
  /** Where a POST unsubscribes (RFC 8058). Absent: nobody can unsubscribe from it. */
  unsubscribeUrl?: string | undefined
}

/**
 * Resolves with null when a server has accepted the mail, with a reason if it never will. Rejects if another try can succeed.
 * Reasons and errors have no personal data.
 */
export type Deliver = (message: Message, signal?: AbortSignal) => Promise<{ refused: string } | null>
