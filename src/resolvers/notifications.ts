// The operations of notifications.graphql.
import { ServiceError } from '@postern/service/errors'
import { parse } from '@postern/service/input/parse'
import type { MutationResolvers, QueryResolvers, RegisterPushDeviceInput } from '../generated/graphql.js'
import { notificationInputs as inputs } from '../schema/notifications.inputs.js'
import type { NotificationServices } from '../services/notifications/index.js'

/** Throws FORBIDDEN if the deployment has no notifications. */
export function required(notifications: NotificationServices | null): NotificationServices {
  if (notifications) return notifications
  const message = 'This deployment has no notifications. It needs NOTIFICATION_GRPC_URL.'
  throw new ServiceError('FORBIDDEN', { message })
}

export const notificationQueries = (notifications: NotificationServices | null) =>
  ({
    async notifications(_, args, context) {
      const viewer = await context.viewer()
      const { first, after = null, unread, category = null } = parse(inputs.notifications, args)
      const page = { unread: unread ?? false, category, after, size: first ?? 25 }
      const { edges, ...more } = await required(notifications).list(viewer, page, context.client)
      const cursors = { startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null }
      return { edges, pageInfo: { ...more, ...cursors } }
    },

    async unreadNotificationCount(_, _args, context) {
      const viewer = await context.viewer()
      return required(notifications).unreadCount(viewer, context.client)
    },

    async notificationSettings(_, _args, context) {
      const viewer = await context.viewer()
      return required(notifications).settings(viewer, context.client)
    },

    async pushDevices(_, _args, context) {
      const viewer = await context.viewer()
      return required(notifications).devices(viewer, context.client)
    },

    async webPushKey(_, _args, context) {
      await context.viewer()
      return required(notifications).pushKey(context.client)
    },
  }) satisfies QueryResolvers

export const notificationMutations = (notifications: NotificationServices | null) =>
  ({
    async markNotificationsRead(_, args, context) {
      const viewer = await context.viewer()
      const { ids, upTo } = parse(inputs.markNotificationsRead, args)
      return required(notifications).markAsRead(viewer, upTo == null ? { ids: ids ?? [] } : { upTo }, context.client)
    },

    async updateNotificationSettings(_, args, context) {
      const viewer = await context.viewer()
      const changes = parse(inputs.updateNotificationSettings, args.input)
      return required(notifications).changeSettings(viewer, changes, context.client)
    },

    async registerPushDevice(_, args, context) {
      const viewer = await context.viewer()
      return required(notifications).registerDevice(viewer, deviceIn(args.input), context.client)
    },

    async removePushDevice(_, args, context) {
      const viewer = await context.viewer()
      await required(notifications).removeDevice(viewer, parse(inputs.removePushDevice, args).id, context.client)
      return true
    },
  }) satisfies MutationResolvers

function deviceIn({ name: given, ...input }: RegisterPushDeviceInput) {
  const { name = null } = parse(inputs.deviceName, { name: given })
  const { webPush, fcmToken, apnsToken } = parse(inputs.pushTarget, input)
  if (webPush) return { name, target: { webPush } }
  return { name, target: fcmToken == null ? { apnsToken: apnsToken ?? '' } : { fcmToken } }
}
