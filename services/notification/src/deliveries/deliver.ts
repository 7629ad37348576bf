// Decides about a claimed delivery and sends it: what every attempt goes through.
import type { Channel, ChannelMessage, Outcome } from '../channels/channel.js'
import type { DeliveryChannel } from '../settings/settings.js'
import type { UnsubscribeLinks } from '../unsubscribe/links.js'
import type { HasConsent } from './consent-check.js'
import { decide, type SuppressionReason } from './decision.js'
import type { ClaimedDelivery, Settlement } from './delivery-queue.js'
import type { Digests } from './digests.js'
import type { createLoading, LoadedNotification } from './loading.js'
import type { MessageVault } from './message-vault.js'
import type { Deliver } from './queue-worker.js'
import { consentPauseAfter } from './retry-schedule.js'

/** What makes the attempts: a channel, or the list in the app. */
export type Sender = Pick<Channel, 'deliver' | 'forget'>

export interface DeliverParts {
  loading: ReturnType<typeof createLoading>
  digests: Digests
  vault: MessageVault
  senders: ReadonlyMap<DeliveryChannel, Sender>
  hasConsent: HasConsent
  /** Null: there is no address to unsubscribe at, so no marketing is sent by e-mail. */
  unsubscribe: UnsubscribeLinks | null
  onConsentUnknown: (error: unknown) => void
  random?: () => number
}

const NO_CHANNEL = 'The channel is not configured: configure it, then send this again.'

const suppressed = (reason: SuppressionReason): Settlement => ({ status: 'SUPPRESSED', reason, attempt: null })

export function createDeliver({
  loading,
  digests,
  vault,
  senders,
  hasConsent,
  unsubscribe,
  ...parts
}: DeliverParts): Deliver {
  const { onConsentUnknown, random = Math.random } = parts

  async function prepare(claim: ClaimedDelivery, id: string): Promise<ChannelMessage | Settlement> {
    const loaded = await loading.notification(id)
    if (!loaded || loaded.isErased) return suppressed('NOT_REACHABLE')
    if (loaded.expiresAt && loaded.expiresAt <= claim.now) return { status: 'EXPIRED', reason: null, attempt: null }
    const stored = loaded.message === null ? null : vault.open(loaded.message, loaded.id)
    if (!stored)
      return {
        status: 'FAILED',
        reason: "The stored message can't be decrypted: restore NOTIFICATION_KEY.",
        attempt: null,
      }
    // The sender has chosen the address.
    const settlement = stored.address === null ? decided(claim, loaded) : null
    return settlement ?? { ...messageOf(claim, loaded), ...stored, unsubscribeUrl: unsubscribeUrlOf(claim) }
  }

  const unsubscribeUrlOf = ({ lane, channel, userId }: ClaimedDelivery): string | null =>
    unsubscribe && lane === 'MARKETING' && channel === 'EMAIL' && userId !== null
      ? unsubscribe.urlFor({ userId, category: 'MARKETING' })
      : null

  /** Null: the person wants it. */
  async function refusedBy(
    { lane, channel, userId, triedFor }: ClaimedDelivery,
    signal: AbortSignal,
  ): Promise<Settlement | null> {
    if (lane !== 'MARKETING') return null
    if (channel === 'EMAIL' && !unsubscribe) return suppressed('NO_UNSUBSCRIBE_URL')
    try {
      return userId !== null && (await hasConsent(userId, channel, signal)) ? null : suppressed('NO_CONSENT')
    } catch (error) {
      onConsentUnknown(error)
      const inSeconds = consentPauseAfter(triedFor, random())
      if (inSeconds === null)
        return { status: 'FAILED', reason: 'The consent service has not answered for a day.', attempt: null }
      return { status: 'PENDING', waitsFor: 'CONSENT', due: { inSeconds }, attempt: null }
    }
  }

  return async (claim, signal) => {
    const message =
      claim.notificationId === null ? await digests.messageOf(claim) : await prepare(claim, claim.notificationId)
    if ('status' in message) return message
    const sender = senders.get(claim.channel)
    // Another process may have it, and be late: the message is kept, and can be sent again.
    if (!sender) return { status: 'FAILED', reason: NO_CHANNEL, attempt: null }
    const refusal = await refusedBy(claim, signal)
    if (refusal) return refusal
    const withLink = claim.notificationId === null ? { ...message, unsubscribeUrl: unsubscribeUrlOf(claim) } : message
    const outcome = await sender.deliver(withLink, signal)
    if (outcome.kind === 'refused' && outcome.forgetTarget === true && claim.userId !== null)
      await sender.forget?.(claim.userId, message.target, outcome.address)
    return settlementOf(outcome)
  }
}

/** Null: it is sent now. */
function decided(
  { channel, now }: ClaimedDelivery,
  { category, settings, isSecret }: LoadedNotification,
): Settlement | null {
  const decision = decide({ category, channel, settings, isSecret, now })
  switch (decision.kind) {
    case 'send':
      return null
    case 'suppress':
      return suppressed(decision.reason)
    case 'wait':
      return { status: 'PENDING', waitsFor: 'QUIET_HOURS', due: decision.until, attempt: null }
    case 'collect':
      return { status: 'COLLECTED', waitsFor: 'DIGEST', due: decision.until, attempt: null }
  }
}

const messageOf = ({ id, target }: ClaimedDelivery, loaded: LoadedNotification) => ({
  ...{ deliveryId: id, notificationId: loaded.id, category: loaded.category, userId: loaded.userId },
  target: target === '' ? null : target,
  ...{ link: loaded.link, locale: loaded.locale, createdAt: loaded.createdAt, expiresAt: loaded.expiresAt },
})

function settlementOf(outcome: Outcome): Settlement {
  switch (outcome.kind) {
    case 'delivered':
      return {
        ...{ status: 'DELIVERED', reason: null },
        attempt: { delivered: true, failure: null, providerId: outcome.providerId ?? null },
      }
    case 'unreachable':
      return suppressed('NOT_REACHABLE')
    case 'refused':
      return {
        ...{ status: 'FAILED', reason: outcome.reason },
        attempt: { delivered: false, failure: outcome.reason, providerId: null },
      }
  }
}
