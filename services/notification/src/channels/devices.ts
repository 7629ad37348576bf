// The devices of people, as channels see them.
import type { ChannelMessage } from './channel.js'

export interface Device<Address> {
  address: Address
  /** When the device was last registered with this address. */
  registeredAt: Date
}

/** Those of one kind. `Address`: how the push service knows a device. */
export interface Devices<Address> {
  /** The ids of a person's devices. */
  targets(userId: string): Promise<string[]>
  /** Null if it was removed, or belongs to someone else by now. */
  find(message: Pick<ChannelMessage, 'userId' | 'target'>): Promise<Device<Address> | null>
  forget(userId: string, target: string | null): Promise<void>
  /** It has taken a notification. Does not wait, and does not fail. */
  noteUse(target: string | null): void
}
