// The variables of Redis.
import { z } from 'zod'
import { flag, type Variables } from './values.js'

function isUrl(value: string, protocols: string[]): boolean {
  const parsed = URL.parse(value)
  if (!parsed || !protocols.includes(parsed.protocol) || parsed.hostname === '') return false
  // Without this check, only the driver would notice a percent sign that encodes nothing.
  return [parsed.username, parsed.password, parsed.pathname].every((part) => /^(?:[^%]|%[\da-f]{2})*$/i.test(part))
}

const redisUrl = z
  .string('is required: redis://host:6379')
  .refine((value) => isUrl(value, ['redis:', 'rediss:']), 'must be redis://:password@host:port or rediss://…')

export const serverVariables = z.object({
  REDIS_URL: redisUrl,
  REDIS_CLUSTER: flag.default(false),
  REVOCATION_REDIS_URL: redisUrl.optional(),
})

/** The revocation stream can't be on a cluster. */
export const missingServers = (env: Variables): string[] =>
  env['REDIS_CLUSTER'] === 'true' && env['REVOCATION_REDIS_URL'] === undefined
    ? ['REVOCATION_REDIS_URL is required with REDIS_CLUSTER: the revocation stream needs a single server']
    : []
