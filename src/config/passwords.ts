// The variables of passwords: their length, and the cost and concurrency of hashing.
import { z } from 'zod'
import { count, list, type Variables, whole } from '@postern/service/values'
import { providerUrl } from './captcha.js'

export const passwordVariables = z.object({
  PASSWORD_MIN_LENGTH: count(8, 8, 128),
  PASSWORD_WORDS: list,
  ARGON2_MEMORY_KIB: count(19_456, 1024, 4_194_304),
  ARGON2_TIME_COST: count(2, 1, 100),
  ARGON2_PARALLELISM: count(1, 1, 16),
  HASH_CONCURRENCY: whole(1, 1024).optional(),
  HASH_QUEUE: count(256, 1, 100_000),
  BREACHED_PASSWORDS_FILE: z.string().optional(),
  BREACHED_PASSWORDS_URL: providerUrl.optional(),
})

/** There is one list. */
export const twoBreachLists = (env: Variables): string[] =>
  env['BREACHED_PASSWORDS_FILE'] !== undefined && env['BREACHED_PASSWORDS_URL'] !== undefined
    ? ['BREACHED_PASSWORDS_FILE and BREACHED_PASSWORDS_URL must not both be set']
    : []
