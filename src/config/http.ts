// The variables of the HTTP server: where it listens, and what it serves to whom.
import { isIP } from 'node:net'
import { z } from 'zod'
import { count, flag, list, seconds, secret, type Variables, whole } from '@postern/service/values'

function isNetwork(item: string): boolean {
  const [address = '', prefix = '1', ...rest] = item.split('/')
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : 0
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits
}

const proxies = list.refine(
  (items) => items.every(isNetwork),
  'must be comma-separated addresses or ranges, such as 10.0.0.0/8',
)

const origins = list.refine(
  // A URL may contain an asterisk, but no page has such an origin.
  (items) => items.every((item) => URL.parse(item)?.origin === item && !item.includes('*')),
  'must be comma-separated origins, such as https://app.example.com',
)

export const httpVariables = z.object({
  HOST: z.string().optional(),
  PORT: count(8080, 0, 65_535),
  TRUST_PROXY: proxies,
  PROXY_HEADERS: z.enum(['auto', 'x-forwarded', 'forwarded'], 'must be auto, x-forwarded or forwarded').default('auto'),
  ALLOWED_ORIGINS: origins,
  COOKIES: flag.default(false),
  WEB: flag.default(true),
  PLAYGROUND: flag.optional(),
  INTROSPECTION: flag.optional(),
  METRICS_TOKEN: secret.optional(),
  METRICS_PORT: whole(0, 65_535).optional(),
  HOT_PATH: flag.default(true),
  SUBSCRIPTIONS: flag.default(true),
  SUBSCRIPTIONS_PER_USER: count(20, 1, 1000),
  SUBSCRIPTIONS_PER_ADDRESS: count(200, 1, 100_000),
  MAX_CONCURRENT_REQUESTS: count(1000, 1, 100_000),
  MAX_CONNECTIONS: count(10_000, 1, 1_000_000),
  RESPONSE_TIMEOUT: seconds(30, 1, 600),
  GRAPHQL_MAX_TOKENS: count(400, 200, 2000),
  GRAPHQL_MAX_DEPTH: count(15, 13, 30),
  GRAPHQL_MAX_FIELDS: count(300, 250, 2000),
  GRAPHQL_MAX_COST: count(10_000, 2000, 1_000_000),
  GRAPHQL_MAX_ROOT_FIELDS: count(50, 5, 500),
  GRAPHQL_MAX_MUTATIONS: count(5, 1, 50),
  GRAPHQL_MAX_ALIASES: count(50, 1, 500),
  GRAPHQL_MAX_DIRECTIVES: count(10, 1, 100),
})

/** The metrics can't share the port of the API. 0 is any free port. */
export const equalPorts = (env: Variables): string[] =>
  env['METRICS_PORT'] !== undefined && env['METRICS_PORT'] !== '0' && env['METRICS_PORT'] === (env['PORT'] ?? '8080')
    ? ['METRICS_PORT must differ from PORT']
    : []
