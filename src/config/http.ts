// The variables of the HTTP server: where it listens, and what it serves to whom.
import { isIP } from 'node:net'
import { z } from 'zod'
import { count, flag, list } from './values.js'

const proxies = list.refine(
  (items) => items.every((item) => isIP(item.replace(/\/\d{1,3}$/, '')) > 0),
  'must be comma-separated addresses or ranges, such as 10.0.0.0/8',
)

const origins = list.refine(
  (items) => items.every((item) => URL.parse(item)?.origin === item),
  'must be comma-separated origins, such as https://app.example.com',
)

export const httpVariables = z.object({
  HOST: z.string().optional(),
  PORT: count(8080, 0, 65_535),
  TRUST_PROXY: proxies,
  ALLOWED_ORIGINS: origins,
  COOKIES: flag.default(false),
  WEB: flag.default(true),
  PLAYGROUND: flag.optional(),
  INTROSPECTION: flag.optional(),
  HOT_PATH: flag.default(true),
  MAX_CONCURRENT_REQUESTS: count(1000, 1, 100_000),
})
