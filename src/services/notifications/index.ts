// Notifications: what reaches users, and how they want it, through the notification service.
export { createLiveNotifications, type LiveNotifications } from './live.js'
export { createNotifications, type NotificationServices } from './notifications.js'
export type { Received } from '../../repositories/notifications/notifications.js'
