// Hands mails to the notification service, which renders and sends them.
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { Post } from '@postern/delivery/mail/post'
import { NotificationCategory } from '@postern/proto/notification'
import { ServiceError } from '@postern/service/errors'
import type { NotificationRpcs } from './rpcs.js'

/** Another try would be refused as well. */
const FINAL = ['INVALID_INPUT', 'BAD_REQUEST']

/**
 * The key makes a repeated hand-over harmless, and names the mail for mail programs. All values are secret: they are erased once
 * the mail is sent.
 */
export const createRemotePost =
  (rpcs: Pick<NotificationRpcs, 'sendNotification'>): Post =>
  async ({ kind, to, values, expiresAt }, key) => {
    try {
      await rpcs.sendNotification({
        ...{ recipient: { email: to }, category: NotificationCategory.SECURITY, template: kind },
        ...{ secretValues: values, idempotencyKey: key },
        ...(expiresAt && { expiresAt: timestampFromDate(expiresAt) }),
      })
      return null
    } catch (error) {
      const code = error instanceof ServiceError ? error.code : null
      // An earlier hand-over was stored, with what was true then.
      if (code === 'IDEMPOTENCY_KEY_REUSED') return null
      const reason = `The notification service does not take the mail (${code ?? 'no response'}).`
      if (code !== null && FINAL.includes(code)) return { refused: reason }
      throw new Error(reason, { cause: error })
    }
  }
