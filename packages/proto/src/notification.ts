// postern.notification.v1: notifications, and webhooks.
export * from './generated/postern/notification/v1/notification_pb.js'
