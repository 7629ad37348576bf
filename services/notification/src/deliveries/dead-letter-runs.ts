// The RPCs ListDeadLetters and ReplayDeadLetters.
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt'
import { NotificationCategory, NotificationChannel, type NotificationService } from '@postern/proto/notification'
import type { CallContext } from '@postern/service/callers/call-context'
import { requireAdmin } from '@postern/service/callers/caller'
import { invalidField } from '@postern/service/errors'
import type { Runs } from '@postern/service/grpc/rpc'
import { isId } from '@postern/service/ids'
import { categoryMessage, channelName, deliveryMessage } from '../notifications/messages.js'
import { pageOf } from '../paging.js'
import { CHANNEL_SETTINGS, type ChannelSetting } from '../settings/settings.js'
import type { DeadLetters } from './dead-letters.js'

type DeadLetterRuns = Pick<Runs<typeof NotificationService, CallContext>, 'listDeadLetters' | 'replayDeadLetters'>

const MOST_IDS = 100

/** When the last one of a page was given up, in Unix milliseconds, and its id. */
const TOKEN = /^\d{1,15}\.[\da-f-]{36}$/

/** Null: all. */
function settingOf(value: NotificationChannel | undefined): ChannelSetting | null {
  if (value === undefined || value === NotificationChannel.UNSPECIFIED) return null
  const setting = CHANNEL_SETTINGS.find((one) => one === channelName(value))
  if (!setting) throw invalidField('channel', 'Channel is unknown.')
  return setting
}

function cursorOf(token: string) {
  const [milliseconds = '', id = ''] = token.split('.')
  return token === '' ? null : { failedAt: new Date(Number(milliseconds)), id }
}

export const deadLetterRuns = (deadLetters: DeadLetters): DeadLetterRuns => ({
  async listDeadLetters({ channel, pagination }, context) {
    requireAdmin(await context.caller())
    const { size, token } = pageOf(pagination, TOKEN)
    const found = await deadLetters.list(settingOf(channel), cursorOf(token), size + 1)
    const page = found.slice(0, size)
    const last = found.length > size ? page.at(-1) : undefined
    return {
      deadLetters: page.map(({ delivery, notificationId, category, failedAt, isReplayable }) => ({
        ...{ delivery: deliveryMessage(delivery), notificationId: notificationId ?? '', replayable: isReplayable },
        category: category === null ? NotificationCategory.UNSPECIFIED : categoryMessage(category),
        failedAt: timestampFromDate(failedAt),
      })),
      pagination: {
        ...{ pageSize: size, pageToken: token },
        nextPageToken: last ? `${last.failedAt.getTime()}.${last.delivery.id}` : '',
      },
    }
  },

  async replayDeadLetters({ deliveryIds, since, channel }, context) {
    requireAdmin(await context.caller())
    if (deliveryIds.length > MOST_IDS) throw invalidField('deliveryIds', `There can be at most ${MOST_IDS} ids.`)
    if (deliveryIds.length > 0 === (since !== undefined))
      throw invalidField('deliveryIds', 'Use either delivery ids or since.')
    const ids = deliveryIds.filter(isId)
    if (since) return { replayedCount: await deadLetters.replaySince(timestampDate(since), settingOf(channel)) }
    return { replayedCount: ids.length === 0 ? 0 : await deadLetters.replay(ids) }
  },
})
