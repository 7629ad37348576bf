// What the core hands to channels, and devices that remember in memory what channels say about them.
import type { ChannelMessage, Outcome } from '../../src/channels/channel.js'
import { TryAgain } from '../../src/channels/channel.js'
import type { Device, Devices } from '../../src/channels/devices.js'

export const USER = '0196f3a0-0000-7000-8000-000000000001'
export const DEVICE = '0196f3a0-0000-7000-8000-000000000002'

export const message = (changes: Partial<ChannelMessage> = {}): ChannelMessage => ({
  deliveryId: '0196f3a0-0000-7000-8000-000000000003',
  notificationId: '0196f3a0-0000-7000-8000-000000000004',
  category: 'WORKFLOW',
  userId: USER,
  target: DEVICE,
  address: null,
  content: { title: 'Grüße', body: 'Der Lauf „Nachts" ist fertig.', html: null, short: null },
  link: 'https://app.example.com/runs/7',
  locale: 'de',
  createdAt: new Date('2026-11-30T12:00:00Z'),
  expiresAt: null,
  mailKey: null,
  unsubscribeUrl: null,
  ...changes,
})

/** One device of one person. */
export const oneDevice = <Address>(address: Address, registeredAt = new Date('2026-11-01T00:00:00Z')) => {
  let device: Device<Address> | null = { address, registeredAt }
  return {
    targets: (userId: string) => Promise.resolve(device && userId === USER ? [DEVICE] : []),
    find: ({ userId, target }) => Promise.resolve(userId === USER && target === DEVICE ? device : null),
    forget: () => Promise.resolve(void (device = null)),
    noteUse: () => undefined,
  } satisfies Devices<Address>
}

const NO_SIGNAL = new AbortController().signal

/** What an attempt has come to: its outcome, or when to try again. */
export async function outcomeOf(
  channel: { deliver(message: ChannelMessage, signal: AbortSignal): Promise<Outcome> },
  sent = message(),
): Promise<Outcome | { kind: 'again'; failure: string; retryAfter: number | undefined }> {
  try {
    return await channel.deliver(sent, NO_SIGNAL)
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error
    return { kind: 'again', failure: error.message, retryAfter: error.retryAfter }
  }
}
