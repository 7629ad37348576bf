// The RPCs GetNotificationSettings and UpdateNotificationSettings.
import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  Digest as DigestMessage,
  type NotificationService,
  type NotificationSettingsSchema,
} from '@postern/proto/notification'
import type { CallContext } from '@postern/service/callers/call-context'
import { actingFor, readingFor } from '@postern/service/callers/caller'
import type { Runs } from '@postern/service/grpc/rpc'
import { parse } from '@postern/service/input/parse'
import { CATEGORIES } from '../channels/channel.js'
import { categoryMessage, channelMessage } from '../notifications/messages.js'
import { changesOf } from './requested-changes.js'
import { CHANNEL_SETTINGS } from './settings.js'
import { settingsChanges } from './settings-inputs.js'
import type { PersonSettings, SettingsService } from './settings-service.js'

type SettingsRuns = Pick<
  Runs<typeof NotificationService, CallContext>,
  'getNotificationSettings' | 'updateNotificationSettings'
>

export type SettingsMessage = MessageInitShape<typeof NotificationSettingsSchema>

/** Writes the settings of a person. Others need it too: those that change the phone number. */
export type WriteSettings = (userId: string, settings: PersonSettings) => Promise<SettingsMessage>

/** `phoneEndingOf`: the last digits of the verified number. Null if there is none. */
export const createSettingsWriter =
  (phoneEndingOf: (userId: string) => Promise<string | null>): WriteSettings =>
  async (userId, { locale, timeZone, quietHours, digestTime, digestWeekday, categories, chosenAt }) => ({
    ...{ userId, locale: locale ?? '', timeZone, quietHours, digestTime, digestWeekday },
    categories: CATEGORIES.map((category) => ({
      category: categoryMessage(category),
      channels: CHANNEL_SETTINGS.map((channel) => ({
        channel: channelMessage(channel),
        enabled: categories[category].channels[channel],
      })),
      digest: DigestMessage[categories[category].digest],
    })),
    phoneNumberEnding: (await phoneEndingOf(userId)) ?? undefined,
    updatedAt: chosenAt === null ? undefined : timestampFromDate(chosenAt),
  })

export const settingsRuns = (settings: SettingsService, write: WriteSettings): SettingsRuns => ({
  async getNotificationSettings({ userId: named }, context) {
    const userId = readingFor(await context.caller(), named)
    return { settings: await write(userId, await settings.get(userId)) }
  },

  async updateNotificationSettings(request, context) {
    const userId = actingFor(await context.caller(), request.userId)
    const changes = parse(settingsChanges, changesOf(request))
    return { settings: await write(userId, await settings.update(userId, changes)) }
  },
})
