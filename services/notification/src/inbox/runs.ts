// The RPCs of the list in the app: ListNotifications, MarkAsRead and StreamNotifications.
import { NotificationCategory, type NotificationService } from '@postern/proto/notification'
import type { CallContext } from '@postern/service/callers/call-context'
import { actingFor, readingFor } from '@postern/service/callers/caller'
import { invalidField } from '@postern/service/errors'
import type { Runs } from '@postern/service/grpc/rpc'
import { isId } from '@postern/service/ids'
import { CATEGORIES, type Category } from '../channels/channel.js'
import { categoryName, notificationMessage } from '../notifications/messages.js'
import { pageOf } from '../paging.js'
import type { Feed, FeedMessage } from './feed.js'
import type { InboxTable } from './inbox-table.js'

type InboxRuns = Pick<
  Runs<typeof NotificationService, CallContext>,
  'listNotifications' | 'markAsRead' | 'streamNotifications'
>

interface Parts {
  inbox: InboxTable
  feed: Feed
  /** Called after a change: other devices of the person show the new count. */
  announce: (userId: string) => void
}

const MOST_IDS = 100

/** The number before which the next page begins. */
const TOKEN = /^[1-9]\d{0,15}$/

function categoryOf(value: NotificationCategory | undefined): Category | null {
  if (value === undefined || value === NotificationCategory.UNSPECIFIED) return null
  const category = CATEGORIES.find((one) => one === categoryName(value))
  if (!category) throw invalidField('category', 'Category is unknown.')
  return category
}

export const inboxRuns = ({ inbox, feed, announce }: Parts): InboxRuns => ({
  async listNotifications({ userId: named, unreadOnly, category, pagination }, context) {
    const userId = readingFor(await context.caller(), named)
    const { size, token } = pageOf(pagination, TOKEN)
    const before = token === '' ? Number.MAX_SAFE_INTEGER : Number(token)
    // One more than requested shows whether there is another page.
    const [found, unreadCount] = await Promise.all([
      inbox.list(userId, before, size + 1, { unreadOnly, category: categoryOf(category) }),
      inbox.countUnread(userId),
    ])
    const page = found.slice(0, size)
    const nextPageToken = found.length > size ? String(page.at(-1)?.seq) : ''
    return {
      notifications: page.map((entry) => notificationMessage(entry)),
      pagination: { pageSize: size, pageToken: token, nextPageToken },
      unreadCount,
    }
  },

  async markAsRead({ userId: named, notificationIds, upToId = '' }, context) {
    const userId = actingFor(await context.caller(), named)
    if (notificationIds.length > MOST_IDS)
      throw invalidField('notificationIds', `There can be at most ${MOST_IDS} ids.`)
    if (notificationIds.length > 0 === (upToId !== ''))
      throw invalidField('notificationIds', 'Use either notification ids or up to id.')
    if (upToId !== '' && !isId(upToId)) throw invalidField('upToId', 'Up to id is not an id.')
    const ids = notificationIds.filter(isId)
    const marked =
      upToId === ''
        ? ids.length === 0
          ? 0
          : await inbox.markRead(userId, ids)
        : await inbox.markReadUpTo(userId, await inbox.seqOf(userId, upToId))
    if (marked > 0) announce(userId)
    return { markedCount: marked, unreadCount: await inbox.countUnread(userId) }
  },

  async streamNotifications({ userId: named, afterId = '' }, context, stream) {
    const userId = readingFor(await context.caller(), named)
    if (afterId !== '' && !isId(afterId)) throw invalidField('afterId', 'After id is not an id.')
    const send = ({ entry, unreadCount }: FeedMessage) =>
      stream.send({ ...(entry && { notification: notificationMessage(entry) }), unreadCount })
    const leave = await feed.follow(userId, afterId === '' ? null : afterId, send)
    await stream.ended
    leave()
  },
})
