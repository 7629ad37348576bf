// The variables of the servers behind the service: MySQL and Redis.
import { z } from 'zod'
import { count, flag, seconds, type Variables } from './values.js'

function isUrl(value: string, protocols: string[], needsPath: boolean): boolean {
  const parsed = URL.parse(value)
  if (!parsed || !protocols.includes(parsed.protocol) || parsed.hostname === '') return false
  if (needsPath && parsed.pathname.length < 2) return false
  // Without this check, only the driver would notice a percent sign that encodes nothing.
  return [parsed.username, parsed.password, parsed.pathname].every((part) => /^(?:[^%]|%[\da-f]{2})*$/i.test(part))
}

const databaseUrl = z
  .string('is required: mysql://user:password@host:3306/database')
  .refine((value) => isUrl(value, ['mysql:', 'mariadb:'], true), 'must be mysql://user:password@host:port/database')

const redisUrl = z
  .string('is required: redis://host:6379')
  .refine((value) => isUrl(value, ['redis:', 'rediss:'], false), 'must be redis://:password@host:port or rediss://…')

export const serverVariables = z.object({
  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: count(10, 1, 1000),
  DATABASE_TIMEOUT: seconds(5, 1, 60),
  REDIS_URL: redisUrl,
  REDIS_CLUSTER: flag.default(false),
  REVOCATION_REDIS_URL: redisUrl.optional(),
})

/** The revocation stream can't be on a cluster. */
export const missingServers = (env: Variables): string[] =>
  env['REDIS_CLUSTER'] === 'true' && env['REVOCATION_REDIS_URL'] === undefined
    ? ['REVOCATION_REDIS_URL is required with REDIS_CLUSTER: the revocation stream needs a single server']
    : []
