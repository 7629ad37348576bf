// The rules for a notification to send, beyond the types of the protocol buffers.
import { line, text } from '@postern/service/input/text-rules'
import { isId } from '@postern/service/ids'
import { z } from 'zod'
import { CATEGORIES } from '../channels/channel.js'
import { localeNamed } from '../settings/locales.js'
import { CHANNEL_SETTINGS } from '../settings/settings.js'

const MAX_VALUES_BYTES = 32_768

const DAY_MS = 86_400_000
const LONGEST_DAYS = 30

/** A body keeps its line breaks. */
const body = text
  .transform((value) => value.replaceAll('\r\n', '\n').trim())
  .refine((value) => value.length > 0, 'must not be empty')
  .refine((value) => [...value].length <= 10_000, 'must have at most 10,000 characters')
  .refine((value) => !/[^\P{Cc}\n\t]|\p{Bidi_Control}/u.test(value), 'must not contain control characters')

const values = z
  .record(z.string(), z.json())
  .refine(
    (all) => Buffer.byteLength(JSON.stringify(all)) <= MAX_VALUES_BYTES,
    `must have at most ${MAX_VALUES_BYTES} bytes as JSON`,
  )
  .default({})

const link = text
  // Browsers leave some of them out, and a mail would show the others.
  .refine((value) => !/[\s\p{Cc}]/u.test(value), 'must not contain spaces or control characters')
  .refine((value) => value.length <= 2048, 'must have at most 2,048 characters')
  .refine(
    (value) => /^\/(?![/\\])/.test(value) || isHttps(value),
    'must be an https:// URL, or a path that starts with /',
  )

function isHttps(value: string): boolean {
  const url = URL.parse(value)
  return url?.protocol === 'https:' && url.username === '' && url.password === ''
}

const locale = text.transform((tag, context) => {
  const known = localeNamed(tag)
  if (known === undefined) context.addIssue('must be a language such as pt-BR')
  return known ?? ''
})

const userId = text.refine(isId, 'must be the id of a user')

const email = text.refine(
  (value) => value.length <= 254 && /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(value),
  'must be an email address',
)

export const newNotification = z
  .object({
    userId: userId.optional(),
    recipient: z.object({ email }).optional(),
    category: z.enum(CATEGORIES, 'must be a category'),
    template: line(64).optional(),
    values,
    secretValues: values,
    title: line(200).optional(),
    body: body.optional(),
    link: link.optional(),
    channels: z
      .array(z.enum(CHANNEL_SETTINGS, 'must be a channel'))
      .max(CHANNEL_SETTINGS.length, 'must name each channel once'),
    locale: locale.optional(),
    idempotencyKey: text.refine(
      (value) => /^[\x21-\x7e]{1,128}$/.test(value),
      'must have 1 to 128 printable ASCII characters, without spaces',
    ),
    expiresAt: z.date().optional(),
  })
  .superRefine((input, context) => {
    const problem = (path: string | string[], message: string) =>
      context.addIssue({ code: 'custom', path: [path].flat(), message })
    if (input.userId === undefined && input.recipient === undefined) problem('userId', 'is required')
    if (input.template === undefined) {
      if (input.title === undefined) problem('title', 'is required without a template')
      if (input.body === undefined) problem('body', 'is required without a template')
    } else if (input.title !== undefined || input.body !== undefined)
      problem('title', 'must not be set together with a template')
    // A template would show one of the two, and the list in the app the one that is not secret.
    for (const name of Object.keys(input.secretValues))
      if (Object.hasOwn(input.values, name)) problem(['secretValues', name], 'must not be one of the values as well')
  })

export type NewNotificationInput = z.output<typeof newNotification>

/** `now`: the database's time. Null: the time can be used. */
export function expiryProblem(expiresAt: Date, now: Date): string | null {
  if (expiresAt <= now) return 'must be in the future'
  return expiresAt.getTime() - now.getTime() > LONGEST_DAYS * DAY_MS
    ? `must be at most ${LONGEST_DAYS} days ahead`
    : null
}
