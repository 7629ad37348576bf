// The variables of the pages' looks. The name is APP_NAME, in mail.ts.
import { z } from 'zod'

/** Characters that would end a source in a content security policy, or an attribute, or that no header can carry. */
const UNSAFE = /[^\x21-\x7e]|[;,'"<>?#\\]/

/** A path of the same origin, or a URL. */
const logoUrl = z.string().refine((value) => {
  if (UNSAFE.test(value)) return false
  if (value.startsWith('/')) return !value.startsWith('//')
  const url = URL.parse(value)
  return url?.protocol === 'https:' && url.username === '' && url.password === ''
}, 'must be a path such as /logo.svg, or a URL that starts with https://, without a query')

export const brandingVariables = z.object({
  APP_LOGO_URL: logoUrl.optional(),
  APP_ACCENT_COLOR: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/, 'must be a color such as #1b4d3e')
    .transform((value) => value.toLowerCase())
    .optional(),
})
