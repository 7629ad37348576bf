// Hands mails to the notification service, which renders and sends them.
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { Post } from '@postern/delivery/mail/post'
import { NotificationCategory } from '@postern/proto/notification'
import { ServiceError } from '@postern/service/errors'
import { Deferral } from '@postern/service/events/consumers'
import { deferWhileAway } from '@postern/service/grpc/deferrable'
import type { NotificationRpcs } from './rpcs.js'

/** Longer ones are not needed: no mail waits for so long. */
const LONGEST_EXPIRY_MS = 29 * 86_400_000

/** Another try would be refused as well. */
const FINAL = ['INVALID_INPUT', 'BAD_REQUEST']

/** During an update, the service can know fewer templates, or want other values. It takes the mail when both have the same version. */
const isOfOtherVersion = ({ fields = [] }: ServiceError): boolean =>
  fields.length > 0 && fields.every(({ path }) => path === 'template' || path === 'values')

/**
 * The key makes a repeated hand-over harmless, and names the mail for mail programs. All values are secret: they are erased once
 * the mail is sent.
 */
export const createRemotePost =
  (rpcs: Pick<NotificationRpcs, 'sendNotification'>): Post =>
  async ({ kind, to, values, expiresAt }, key) => {
    try {
      const notification = {
        ...{ recipient: { email: to }, category: NotificationCategory.SECURITY, template: kind },
        ...{ secretValues: values, idempotencyKey: key },
        ...(isSoon(expiresAt) && { expiresAt: timestampFromDate(expiresAt) }),
      }
      await deferWhileAway('notification', () => rpcs.sendNotification(notification))
      return null
    } catch (error) {
      if (error instanceof Deferral) throw error
      const refusal = error instanceof ServiceError ? error : null
      const code = refusal?.code ?? 'no response'
      // An earlier hand-over was stored, with what was true then.
      if (code === 'IDEMPOTENCY_KEY_REUSED') return null
      if (refusal && isOfOtherVersion(refusal))
        throw new Error(`The notification service can't make the mail ${kind}: it has another version.`, {
          cause: error,
        })
      const reason = `The notification service does not take the mail (${code}).`
      if (FINAL.includes(code)) return { refused: reason }
      throw new Error(reason, { cause: error })
    }
  }

const isSoon = (time: Date | undefined): time is Date =>
  time !== undefined && time.getTime() - Date.now() < LONGEST_EXPIRY_MS
