// What categories, channels and digests are called.
import type { NotificationCategory, NotificationChannel, NotificationDigest } from '@postern/client/notifications'

export const CATEGORIES: Record<NotificationCategory, string> = {
  SYSTEM: 'Account and service',
  WORKFLOW: 'Workflows',
  INTEGRATION: 'Integrations',
  CONSENT: 'Consents',
  SECURITY: 'Security',
  MARKETING: 'Offers and news',
}

/** Those that people choose. Webhooks are the deployment's. */
export const CHANNELS: readonly (readonly [NotificationChannel, string])[] = [
  ['IN_APP', 'Here'],
  ['EMAIL', 'Mail'],
  ['PUSH', 'Push'],
  ['SMS', 'SMS'],
]

export const DIGESTS: readonly (readonly [NotificationDigest, string])[] = [
  ['OFF', 'One by one'],
  ['HOURLY', 'Each hour'],
  ['DAILY', 'Each day'],
  ['WEEKLY', 'Each week'],
]
