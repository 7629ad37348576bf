// Decides about a notification before each request to a webhook of a person, as the queue of notifications does before each attempt:
// since it was handed to the queue of the webhook, it can have expired, or the person can have changed their mind.
import type { NotWanted } from '@postern/delivery/webhooks/sending'
import type { Clock } from '@postern/service/clock'
import type { Read } from '@postern/service/database/reads'
import type { Category } from '../channels/channel.js'
import { NOTIFICATION_EVENT } from '../channels/webhook/webhook.js'
import type { HasConsent } from '../deliveries/consent-check.js'
import { decide } from '../deliveries/decision.js'
import { createLoading } from '../deliveries/loading.js'

const NOT_WANTED = 'The person does not want this any more.'
const NO_CONSENT = 'There is no consent to marketing.'

/** An answer takes less, or is an outage. */
const CONSENT_MS = 5000

export function createNotWanted({
  read,
  hasConsent,
  clock,
}: {
  read: Read
  hasConsent: HasConsent
  clock: Clock
}): NotWanted {
  const loading = createLoading(read)

  return async ({ type, eventId, body }) => {
    if (type !== NOTIFICATION_EVENT) return null
    const loaded = await loading.notificationOf(eventId)
    // Older than what is kept of notifications. Of those, only marketing depends on what is not known any more.
    if (!loaded) return categoryOf(body) === 'MARKETING' ? NO_CONSENT : null
    const { userId, category, settings, isSecret, expiresAt, isErased } = loaded
    if (isErased || userId === null) return NOT_WANTED
    const now = clock()
    if (expiresAt !== null && expiresAt <= now) return 'The notification has expired.'
    if (decide({ category, channel: 'WEBHOOK', settings, isSecret, now }).kind === 'suppress') return NOT_WANTED
    if (category !== 'MARKETING') return null
    return (await hasConsent(userId, 'WEBHOOK', AbortSignal.timeout(CONSENT_MS))) ? null : NO_CONSENT
  }
}

const categoryOf = (body: string): Category | undefined =>
  (JSON.parse(body) as { data?: { category?: Category } }).data?.category
