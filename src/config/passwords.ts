// The variables of passwords: their length, and the cost and concurrency of hashing.
import { z } from 'zod'
import { count, whole } from './values.js'

export const passwordVariables = z.object({
  PASSWORD_MIN_LENGTH: count(8, 8, 128),
  ARGON2_MEMORY_KIB: count(19_456, 1024, 4_194_304),
  ARGON2_TIME_COST: count(2, 1, 100),
  ARGON2_PARALLELISM: count(1, 1, 16),
  HASH_CONCURRENCY: whole(1, 1024).optional(),
  HASH_QUEUE: count(256, 1, 100_000),
})
