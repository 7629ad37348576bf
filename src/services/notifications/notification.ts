// What is known of notifications, and what knows it: the notification service, through src/upstreams/notification/.

export const CATEGORIES = ['SYSTEM', 'WORKFLOW', 'INTEGRATION', 'CONSENT', 'SECURITY', 'MARKETING'] as const
export const CHANNELS = ['EMAIL', 'SMS', 'PUSH', 'IN_APP', 'WEBHOOK'] as const
export const DIGESTS = ['OFF', 'HOURLY', 'DAILY', 'WEEKLY'] as const

export type Category = (typeof CATEGORIES)[number]
export type Channel = (typeof CHANNELS)[number]
export type Digest = (typeof DIGESTS)[number]

export interface Notification {
  id: string
  category: Category
  title: string
  body: string
  link: string | null
  locale: string
  createdAt: Date
  readAt: Date | null
}

/** A new notification, or a new count. */
export interface Received {
  notification: Notification | null
  unreadCount: number
}

export interface CategorySettings {
  category: Category
  channels: { channel: Channel; enabled: boolean }[]
  digest: Digest
}

export interface QuietHours {
  enabled: boolean
  start: string
  end: string
}

export interface NotificationSettings {
  /** Null: that of the deployment. */
  locale: string | null
  timeZone: string
  quietHours: QuietHours
  digestTime: string
  digestWeekday: number
  categories: CategorySettings[]
  phoneNumberEnding: string | null
}

/** What is undefined stays as it is. */
export interface SettingsChanges {
  locale?: string | null | undefined
  timeZone?: string | undefined
  quietHours?: QuietHours | undefined
  digestTime?: string | undefined
  digestWeekday?: number | undefined
  categories?:
    | readonly {
        category: Category
        channels?: readonly { channel: Channel; enabled: boolean }[] | undefined
        digest?: Digest | undefined
      }[]
    | undefined
}

export interface PushDevice {
  id: string
  kind: 'WEB_PUSH' | 'FCM' | 'APNS'
  name: string | null
  createdAt: Date
  lastUsedAt: Date | null
}

/** Where the push notifications of a device go. */
export type PushTarget =
  | { readonly webPush: { readonly endpoint: string; readonly p256dh: string; readonly auth: string } }
  | { readonly fcmToken: string }
  | { readonly apnsToken: string }

export interface Filter {
  unread: boolean
  /** Null: all. */
  category: Category | null
}

/** The request that asks. */
export interface Asking {
  readonly signal?: AbortSignal
  readonly requestId?: string
}

/** Every call throws SERVICE_UNAVAILABLE in an outage. */
export interface NotificationRecords {
  /** The newest first, from where `token` says. `nextToken`: empty if this is the last page. */
  page(
    userId: string,
    page: Filter & { size: number; token: string },
    asking: Asking,
  ): Promise<{ notifications: Notification[]; nextToken: string; unreadCount: number }>
  /** Returns how many are still not read. */
  markAsRead(userId: string, what: { ids: readonly string[] } | { upTo: string }, asking: Asking): Promise<number>
  /** What arrives after the notification `after`. Undefined: from now on. The first event has only the count. */
  stream(userId: string, after: string | undefined, signal: AbortSignal): AsyncIterable<Received>
  settings(userId: string, asking: Asking): Promise<NotificationSettings>
  /** Throws INVALID_INPUT. */
  changeSettings(userId: string, changes: SettingsChanges, asking: Asking): Promise<NotificationSettings>
  devices(userId: string, asking: Asking): Promise<PushDevice[]>
  /** Throws INVALID_INPUT. */
  registerDevice(
    userId: string,
    device: { name: string | null; target: PushTarget },
    asking: Asking,
  ): Promise<PushDevice>
  /** Throws NOT_FOUND. */
  removeDevice(userId: string, deviceId: string, asking: Asking): Promise<void>
  /** Throws NOT_FOUND if the deployment sends no Web Push. */
  pushKey(asking: Asking): Promise<string>
}
