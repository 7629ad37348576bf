// The notifications of users and how they want to get them, as the notification service has them.
import { timestampDate } from '@bufbuild/protobuf/wkt'
import {
  type Notification as NotificationMessage,
  NotificationCategory,
  type PushDevice as DeviceMessage,
  PushDeviceKind,
} from '@postern/proto/notification'
import type { Notification, NotificationRecords, PushDevice, PushTarget } from '../../services/notifications/index.js'
import type { NotificationRpcs } from './rpcs.js'
import { categoryOf, settingsOf, writeChanges } from './settings.js'

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

export const createNotificationRecords = (rpcs: NotificationRpcs): NotificationRecords => ({
  async page(userId, { unread, category, size, token }, asking) {
    const request = {
      ...{ userId, unreadOnly: unread, pagination: { pageSize: size, pageToken: token } },
      ...(category !== null && { category: NotificationCategory[category] }),
    }
    const { notifications, pagination, unreadCount } = await rpcs.listNotifications(request, asking)
    return {
      notifications: notifications.map(notificationOf),
      nextToken: pagination?.nextPageToken ?? '',
      unreadCount,
    }
  },

  async markAsRead(userId, what, asking) {
    const named = 'upTo' in what ? { upToId: what.upTo } : { notificationIds: [...what.ids] }
    return (await rpcs.markAsRead({ userId, ...named }, asking)).unreadCount
  },

  async *stream(userId, after, signal) {
    const request = { userId, ...(after !== undefined && { afterId: after }) }
    for await (const { notification, unreadCount } of await rpcs.streamNotifications(request, { signal }))
      yield { notification: notification ? notificationOf(notification) : null, unreadCount }
  },

  async settings(userId, asking) {
    return settingsOf((await rpcs.getNotificationSettings({ userId }, asking)).settings)
  },

  async changeSettings(userId, changes, asking) {
    const request = { userId, ...writeChanges(changes) }
    return settingsOf((await rpcs.updateNotificationSettings(request, asking)).settings)
  },

  async devices(userId, asking) {
    return (await rpcs.listPushDevices({ userId }, asking)).devices.map(deviceOf)
  },

  async registerDevice(userId, { name, target }, asking) {
    const request = { userId, ...(name !== null && { name }), target: targetOf(target) }
    const { device } = await rpcs.registerPushDevice(request, asking)
    if (!device) throw new Error('the notification service has registered no device')
    return deviceOf(device)
  },

  async removeDevice(userId, deviceId, asking) {
    await rpcs.deletePushDevice({ userId, deviceId }, asking)
  },

  async pushKey(asking) {
    return (await rpcs.getPushKey({}, asking)).publicKey
  },
})
