// The RPCs SendNotification and GetNotification.
import type { NotificationService } from '@postern/proto/notification'
import type { CallContext } from '@postern/service/callers/call-context'
import { type Caller, requireAdmin } from '@postern/service/callers/caller'
import { requireRecentProof } from '@postern/service/callers/recent-proof'
import type { Clock } from '@postern/service/clock'
import { ServiceError } from '@postern/service/errors'
import type { Runs } from '@postern/service/grpc/rpc'
import { isId } from '@postern/service/ids'
import { parse } from '@postern/service/input/parse'
import type { DeliveryTable } from '../deliveries/delivery-table.js'
import type { Acceptance } from './acceptance.js'
import { newNotification } from './inputs.js'
import { newNotificationOf, notificationMessage } from './messages.js'
import type { Notification, NotificationTable } from './notification-table.js'
import type { SenderLimits } from './sender-limits.js'

type NotificationRuns = Pick<Runs<typeof NotificationService, CallContext>, 'sendNotification' | 'getNotification'>

interface Parts {
  acceptance: Acceptance
  notifications: NotificationTable
  deliveries: DeliveryTable
  senderLimits: SenderLimits
  clock: Clock
}

/** The service that knows addresses which are not verified yet. */
const AUTH = 'auth'

/** Administrators have keys of their own: none can use up those of a service. */
const senderOf = (caller: Caller): string => (caller.kind === 'service' ? caller.name : `admin:${caller.userId}`)

const isAdmin = (caller: Caller): boolean => caller.kind === 'service' || caller.roles.includes('ADMIN')

/** Others learn nothing of a notification, not even that it exists. */
const maySee = (caller: Caller, { userId }: Notification): boolean =>
  isAdmin(caller) || (caller.kind === 'user' && caller.userId === userId)

export const notificationRuns = ({
  acceptance,
  notifications,
  deliveries,
  senderLimits,
  clock,
}: Parts): NotificationRuns => ({
  async sendNotification(request, context) {
    const caller = requireAdmin(await context.caller())
    // In the name of the product, to anyone: a stolen token is not enough.
    requireRecentProof(caller, clock)
    const input = parse(newNotification, newNotificationOf(request))
    if (input.recipient && !(caller.kind === 'service' && caller.name === AUTH))
      throw new ServiceError('FORBIDDEN', {
        message: 'Only the account service, with the name auth, can name an address.',
      })
    const sender = senderOf(caller)
    await senderLimits.count(caller.kind, sender, input.category)
    const { notification, isRepeated } = await acceptance.accept(sender, input)
    return { notification: notificationMessage(notification), repeatedCall: isRepeated }
  },

  async getNotification({ notificationId }, context) {
    const caller = await context.caller()
    const notification = isId(notificationId) ? await notifications.find(notificationId) : null
    if (!notification || !maySee(caller, notification)) throw new ServiceError('NOT_FOUND')
    return { notification: notificationMessage(notification, await deliveries.listOf(notification.id)) }
  },
})
