// The RPCs of the notification service, as Postern calls them.
import type { NotificationService } from '@postern/proto/notification'
import type { ServiceRpcs } from '@postern/service/grpc/service-client'

export type NotificationRpcs = ServiceRpcs<typeof NotificationService>
