// The notifications of users and how they want to get them, as the notification service has them.
import { timestampDate } from '@bufbuild/protobuf/wkt'
import {
  type Notification as NotificationMessage,
  NotificationCategory,
  NotificationService,
  type PushDevice as DeviceMessage,
  PushDeviceKind,
} from '@postern/proto/notification'
import type { CallerOptions, ServiceConnection } from '@postern/service/grpc/client'
import { type Category, categoryOf, type Settings, settingsOf, type SettingsChanges, writeChanges } from './settings.js'

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

export interface PushDevice {
  id: string
  kind: 'WEB_PUSH' | 'FCM' | 'APNS'
  name: string | null
  createdAt: Date
  lastUsedAt: Date | null
}

/** Where push notifications of a device go. */
export type PushTarget =
  | { readonly webPush: { readonly endpoint: string; readonly p256dh: string; readonly auth: string } }
  | { readonly fcmToken: string }
  | { readonly apnsToken: string }

/** A page, as the service has pages: it begins where `token` says. */
export interface PageOfNotifications {
  notifications: Notification[]
  /** Empty if this is the last page. */
  nextToken: string
  unreadCount: number
}

const EPOCH = new Date(0)

const notificationOf = (message: NotificationMessage): Notification => ({
  id: message.id,
  category: categoryOf(message.category),
  title: message.title,
  body: message.body,
  link: message.link ?? null,
  locale: message.locale,
  createdAt: message.createdAt ? timestampDate(message.createdAt) : EPOCH,
  readAt: message.readAt ? timestampDate(message.readAt) : null,
})

const deviceOf = (message: DeviceMessage): PushDevice => ({
  id: message.id,
  kind: kindOf(message.kind),
  name: message.name ?? null,
  createdAt: message.createdAt ? timestampDate(message.createdAt) : EPOCH,
  lastUsedAt: message.lastUsedAt ? timestampDate(message.lastUsedAt) : null,
})

const kindOf = (kind: PushDeviceKind): PushDevice['kind'] =>
  kind === PushDeviceKind.FCM ? 'FCM' : kind === PushDeviceKind.APNS ? 'APNS' : 'WEB_PUSH'

const targetOf = (target: PushTarget) => {
  if ('webPush' in target) return { case: 'webPush' as const, value: target.webPush }
  if ('fcmToken' in target) return { case: 'fcmToken' as const, value: target.fcmToken }
  return { case: 'apnsToken' as const, value: target.apnsToken }
}

export type NotificationRepository = ReturnType<typeof createNotificationRepository>

/** Every call throws SERVICE_UNAVAILABLE with `retryAfter` while the notification service does not respond. */
export function createNotificationRepository(connection: ServiceConnection) {
  const client = connection.clientOf(NotificationService)

  return {
    /** The newest first. */
    async page(
      userId: string,
      { unread, category, size, token }: { unread: boolean; category: Category | null; size: number; token: string },
      options: CallerOptions,
    ): Promise<PageOfNotifications> {
      const request = {
        ...{ userId, unreadOnly: unread, pagination: { pageSize: size, pageToken: token } },
        ...(category !== null && { category: NotificationCategory[category] }),
      }
      const { notifications, pagination, unreadCount } = await client.listNotifications(request, options)
      return {
        notifications: notifications.map(notificationOf),
        nextToken: pagination?.nextPageToken ?? '',
        unreadCount,
      }
    },

    /** Returns how many are still not read. */
    async markAsRead(
      userId: string,
      what: { ids: readonly string[] } | { upTo: string },
      options: CallerOptions,
    ): Promise<number> {
      const named = 'upTo' in what ? { upToId: what.upTo } : { notificationIds: [...what.ids] }
      return (await client.markAsRead({ userId, ...named }, options)).unreadCount
    },

    /** Sends what arrives after the notification `after`. Undefined: from now on. The first event has the count. */
    async *stream(userId: string, after: string | undefined, signal: AbortSignal): AsyncGenerator<Received, void, void> {
      const request = { userId, ...(after !== undefined && { afterId: after }) }
      for await (const { notification, unreadCount } of await client.streamNotifications(request, { signal }))
        yield { notification: notification ? notificationOf(notification) : null, unreadCount }
    },

    async settings(userId: string, options: CallerOptions): Promise<Settings> {
      return settingsOf((await client.getNotificationSettings({ userId }, options)).settings)
    },

    /** Throws INVALID_INPUT. */
    async changeSettings(userId: string, changes: SettingsChanges, options: CallerOptions): Promise<Settings> {
      const request = { userId, ...writeChanges(changes) }
      return settingsOf((await client.updateNotificationSettings(request, options)).settings)
    },

    async devices(userId: string, options: CallerOptions): Promise<PushDevice[]> {
      return (await client.listPushDevices({ userId }, options)).devices.map(deviceOf)
    },

    /** Throws INVALID_INPUT. */
    async registerDevice(
      userId: string,
      { name, target }: { name: string | null; target: PushTarget },
      options: CallerOptions,
    ): Promise<PushDevice> {
      const request = { userId, ...(name !== null && { name }), target: targetOf(target) }
      const { device } = await client.registerPushDevice(request, options)
      if (!device) throw new Error('the notification service has registered no device')
      return deviceOf(device)
    },

    /** Throws NOT_FOUND. */
    async removeDevice(userId: string, deviceId: string, options: CallerOptions): Promise<void> {
      await client.deletePushDevice({ userId, deviceId }, options)
    },

    /** Throws NOT_FOUND if the deployment sends no Web Push. */
    async pushKey(options: CallerOptions): Promise<string> {
      return (await client.getPushKey({}, options)).publicKey
    },
  }
}
