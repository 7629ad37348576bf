// The rules for changes of settings, beyond the types of the protocol buffers.
import { line, text } from '@postern/service/input/text-rules'
import { z } from 'zod'
import { CATEGORIES } from '../channels/channel.js'
import { DIGESTS } from '../timing/digests.js'
import { timeZoneNamed, WALL_TIME } from '../timing/wall-clock.js'
import { localeNamed } from './locales.js'
import { CHANNEL_SETTINGS } from './settings.js'

const wallTime = text.regex(WALL_TIME, 'must be a time such as 22:00')

const timeZone = line(64).transform((name, context) => {
  const zone = timeZoneNamed(name)
  if (zone === null) context.addIssue('must be an IANA time zone such as Europe/Berlin')
  return zone ?? ''
})

/** Empty: that of the deployment. */
const locale = text.transform((tag, context) => {
  const known = tag === '' ? null : localeNamed(tag)
  if (known === undefined) context.addIssue('must be a language such as pt-BR')
  return known ?? null
})

const quietHours = z.object({
  enabled: z.boolean().nullish(),
  start: wallTime.nullish(),
  end: wallTime.nullish(),
})

/** As GraphQL has it. */
const MOST_CHANNELS = 10

const categorySettings = z
  .object({
    category: z.enum(CATEGORIES, 'must be a category'),
    channels: z
      .array(z.object({ channel: z.enum(CHANNEL_SETTINGS, 'must be a channel'), enabled: z.boolean() }))
      .max(MOST_CHANNELS, `must have at most ${MOST_CHANNELS} channels`),
    digest: z.enum(DIGESTS, 'must be OFF, HOURLY, DAILY or WEEKLY').optional(),
  })
  .superRefine(({ category, channels, digest = 'OFF' }, context) => {
    if (category !== 'SECURITY') return
    const off = channels.findIndex(({ channel, enabled }) => channel === 'EMAIL' && !enabled)
    if (off >= 0)
      context.addIssue({
        code: 'custom',
        path: ['channels', off, 'enabled'],
        message: "E-mails about the security of an account can't be turned off.",
      })
    if (digest !== 'OFF')
      context.addIssue({ code: 'custom', path: ['digest'], message: 'Security notices are sent one by one.' })
  })

/** Absent is unchanged, and null is the default again. */
export const settingsChanges = z.object({
  locale: locale.nullish(),
  timeZone: timeZone.nullish(),
  quietHours: quietHours.optional(),
  digestTime: wallTime.nullish(),
  digestWeekday: z.int().min(1, 'must be between 1 and 7').max(7, 'must be between 1 and 7').nullish(),
  categories: z
    .array(categorySettings)
    .max(CATEGORIES.length, 'must name each category once')
    .refine((all) => new Set(all.map(({ category }) => category)).size === all.length, 'must name each category once'),
})

export type SettingsChanges = z.output<typeof settingsChanges>
