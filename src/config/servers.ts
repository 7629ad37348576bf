// The variables of the database.
import { z } from 'zod'
import { count, seconds } from './values.js'

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

export const serverVariables = z.object({
  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: count(10, 1, 1000),
  DATABASE_TIMEOUT: seconds(5, 1, 60),
})
