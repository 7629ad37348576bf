// Notifications: what reaches users, and how they want it, through the notification service.
export { createLiveNotifications } from './live.js'
export { CATEGORIES, CHANNELS, DIGESTS } from './notification.js'
export type * from './notification.js'
export { createNotifications, type NotificationServices } from './notifications.js'
