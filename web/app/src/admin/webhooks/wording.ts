// Describes the state of webhooks and their deliveries in words.
import { atMoment } from '../../wording/times.js'
import type { Webhook, WebhookDelivery } from './webhooks.js'

export function describeState({ enabled, disabledReason, failingSince }: Webhook): string {
  if (disabledReason === 'GONE') return 'Disabled, because the receiver said that it is gone'
  if (disabledReason === 'FAILING') return 'Disabled, because every attempt failed for a day'
  if (!enabled) return 'Disabled'
  return failingSince ? `Failing since ${atMoment(failingSince)}` : 'Enabled'
}

export function describeEventTypes(types: readonly string[] | null): string {
  if (types === null) return 'All events'
  return types.length === 1 ? '1 type of event' : `${types.length} types of events`
}

const statuses = { PENDING: 'Waiting', DELIVERED: 'Delivered', FAILED: 'Failed' } as const

export function describeDelivery({ status, attempts }: WebhookDelivery): string {
  const tries = attempts === 0 ? 'not tried yet' : attempts === 1 ? '1 attempt' : `${attempts} attempts`
  return `${statuses[status]}, ${tries}`
}
