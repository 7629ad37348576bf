// A browser or an app that gets push notifications.

export const DEVICE_KINDS = ['WEB_PUSH', 'FCM', 'APNS'] as const

export type DeviceKind = (typeof DEVICE_KINDS)[number]

/** As its owner sees it. */
export interface PushDevice {
  id: string
  kind: DeviceKind
  name: string | null
  createdAt: Date
  lastUsedAt: Date | null
}

/** A person has no more: registering another one removes the one that was registered first. */
export const MAX_DEVICES = 20
