// The form of a purpose in CONSENT_PURPOSES_FILE, and the rules that it must follow.
import { z } from 'zod'

const NAME = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/
const SCOPE = /^[a-z][a-z0-9_.:-]{0,63}$/

const isLanguage = (tag: string): boolean => tag.length <= 35 && canonicalLanguage(tag) === tag

const LANGUAGE = 'must be a language tag in its usual form, such as en or pt-BR'

/** BCP 47, in the usual letter case: `en`, `pt-BR`, `zh-Hant`. */
export const language = z.string().refine(isLanguage, LANGUAGE)

/** Null if it is no language tag. */
export function canonicalLanguage(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch {
    return null
  }
}

const isUnique = (items: readonly string[]): boolean => new Set(items).size === items.length

const names = z.array(z.string().trim().min(1).max(200)).max(50).default([])

const purpose = z.strictObject({
  name: z.string().max(64).regex(NAME, 'must be words of a-z, 0-9 and _ with dots between them, such as user.profile'),
  version: z.int().min(1).max(1_000_000),
  texts: z
    .record(
      z.string(),
      z.strictObject({ title: z.string().trim().min(1).max(200), text: z.string().trim().min(1).max(10_000) }),
    )
    .refine((texts) => Object.keys(texts).length > 0, 'needs a text in at least one language')
    .refine((texts) => Object.keys(texts).every(isLanguage), `has a language that ${LANGUAGE}`),
  scopes: z
    .array(z.string().regex(SCOPE, 'must be words such as calendar'))
    .max(32)
    .refine(isUnique, 'has a scope twice')
    .default([]),
  data: names,
  recipients: names,
  storageLocations: names,
  retention: z.string().trim().max(500).default(''),
  /** By default CONSENT_LIFETIME_DAYS. */
  lifetimeDays: z.int().min(1).max(36_500).optional(),
  needsRenewal: z.boolean().default(false),
})

export type PurposeInput = z.input<typeof purpose>
export type ParsedPurpose = z.output<typeof purpose>

export const purposeList = z
  .array(purpose)
  .max(500)
  .refine((purposes) => isUnique(purposes.map(({ name }) => name)), 'has a purpose twice')

const file = z.strictObject({ purposes: purposeList })

/** Throws a SyntaxError for what is no JSON, and otherwise a ZodError. */
export const parsePurposeFile = (text: string): ParsedPurpose[] => file.parse(JSON.parse(text)).purposes
