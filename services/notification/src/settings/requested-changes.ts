// Which settings a request changes: those of its mask, or else those that are set.
import { Digest as DigestMessage, type UpdateNotificationSettingsRequest } from '@postern/proto/notification'
import { jsonPath } from '@postern/contract/error-statuses'
import { invalidField } from '@postern/service/errors'
import { categoryName, channelName } from '../notifications/messages.js'

const FIELDS = ['locale', 'timeZone', 'digestTime', 'digestWeekday'] as const
const QUIET_HOURS = ['enabled', 'start', 'end'] as const

/** What the rules of the input check: absent is unchanged, and null is the default again. */
interface Changes {
  [field: string]: unknown
  quietHours?: Record<string, unknown>
}

/** Throws INVALID_INPUT for a mask with an unknown field. */
export function changesOf(request: UpdateNotificationSettingsRequest): Changes {
  const { quietHours, updateMask } = request
  const changes: Changes = { categories: categoriesOf(request) }
  const setPart = (part: (typeof QUIET_HOURS)[number], otherwise: null | undefined) =>
    (changes.quietHours = { ...changes.quietHours, [part]: quietHours?.[part] ?? otherwise })

  const masked = updateMask?.paths.map(jsonPath) ?? []
  if (masked.length === 0) {
    for (const field of FIELDS) changes[field] = request[field]
    for (const part of QUIET_HOURS) setPart(part, undefined)
    return changes
  }
  changes['categories'] = []
  for (const path of masked) {
    const field = FIELDS.find((name) => name === path)
    const part = QUIET_HOURS.find((name) => `quietHours.${name}` === path)
    if (field) changes[field] = request[field] ?? null
    else if (part) setPart(part, null)
    else if (path === 'quietHours') for (const name of QUIET_HOURS) setPart(name, null)
    else if (path === 'categories') changes['categories'] = namedCategories(request)
    // It says whose they are.
    else if (path !== 'userId') throw invalidField('updateMask', 'Update mask names a field that settings do not have.')
  }
  return changes
}

/** None could mean that all of them have their defaults again, or that none changes. */
function namedCategories(request: UpdateNotificationSettingsRequest) {
  if (request.categories.length === 0) throw invalidField('categories', 'Categories must name those that change.')
  return categoriesOf(request)
}

const categoriesOf = ({ categories }: UpdateNotificationSettingsRequest) =>
  categories.map(({ category, channels, digest }) => ({
    category: categoryName(category),
    channels: channels.map(({ channel, enabled }) => ({ channel: channelName(channel), enabled })),
    // Absent: it stays as it is.
    digest: digest === DigestMessage.UNSPECIFIED ? undefined : digestName(digest),
  }))

/** The rules of the input refuse values of newer versions. */
const digestName = (digest: DigestMessage): string => (DigestMessage as Readonly<Record<number, string>>)[digest] ?? ''
