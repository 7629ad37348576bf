// The rules for what callers send.
import { isIP } from 'node:net'
import { text } from '@postern/service/input/text-rules'
import { z } from 'zod'
import { language } from '../purposes/purpose-file.js'

/** Without a sign, so that two spellings of one id are not two users. */
const userId = z
  .string()
  .regex(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/, 'must be the id of a user')
  .optional()

/** Whether it exists is for the catalog to say. */
const purpose = text
  .refine((value) => value !== '', 'is required')
  .refine((value) => /^[a-z0-9_.]{1,64}$/.test(value), 'must be the name of a purpose, such as user.profile')

/** More than any purpose has. */
const scopes = z.array(z.string()).max(64, 'must have at most 64 items')

/** As the column has it: IPv6 with an IPv4 part. */
export const MAX_ADDRESS = 45

const collectionPoint = z
  .object({
    address: z
      .string()
      .refine((value) => value.length <= MAX_ADDRESS && isIP(value) !== 0, 'must be an IP address')
      .optional(),
    userAgent: text.refine((value) => value.length <= 2048, 'must have at most 2048 characters').optional(),
    source: z
      .string()
      .regex(/^[a-z0-9._-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9, ., _ and -')
      .optional(),
  })
  .optional()

const jurisdiction = z
  .string()
  .regex(/^[A-Z]{2}(?:-[A-Z0-9]{1,3})?$/, 'must be a code of ISO 3166, such as DE or US-CA')
  .optional()

const idempotencyKey = text
  .refine((value) => value.length >= 1 && value.length <= 64, 'must have 1 to 64 characters')
  .optional()

/** Questions of one call. */
const MOST_CHECKS = 1000

const check = z.object({ userId, purpose, scopes })

export const inputs = {
  grant: z.object({
    ...{ userId, purpose, scopes, collectionPoint, jurisdiction, idempotencyKey },
    textVersion: z.int().min(1, 'must be the version of the text that was shown'),
    language: language.optional(),
  }),

  revoke: z
    .object({
      ...{ userId, collectionPoint, idempotencyKey, all: z.boolean() },
      purpose: z.union([z.literal(''), purpose]),
    })
    .refine((input) => (input.purpose === '') === input.all, {
      path: ['purpose'],
      message: 'Send either a purpose or all.',
    }),

  check,

  checks: z.object({
    checks: z.array(check).min(1, 'must have 1 to 1000 items').max(MOST_CHECKS, `must have 1 to ${MOST_CHECKS} items`),
  }),

  find: z.object({ userId, purpose }),

  user: z.object({ userId }),

  purposes: z.object({ language: z.string().max(35).optional() }),

  history: z.object({
    userId,
    purpose: z.union([z.literal(''), purpose]),
    pagination: z
      .object({
        pageSize: z.int().min(0).max(100, 'must be 1 to 100'),
        pageToken: z.string().regex(/^\d{0,15}$/, 'must be the token of the previous page'),
      })
      .optional(),
  }),

  verify: z.object({ userId: userId.refine((id) => id !== undefined, 'is required') }),

  export: z.object({ userId, format: z.int().min(0).max(2), pageToken: z.string().max(200) }),
}
