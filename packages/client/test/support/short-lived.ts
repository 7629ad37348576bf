import type { Account } from '../../../../test/support/client.js'
import { testRedisUrl } from '../../../../test/support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../../../test/support/service.js'
import { until } from '../../../../test/support/wait.js'
import type { Client } from '../../src/index.js'
import type { Proxy } from './proxy.js'

export interface ShortLived {
  readonly service: Service
  /** On the same database; its access tokens expire after a second. A refresh at `service` brings a normal one. */
  readonly short: Instance
  stop(): Promise<void>
}

/** Lets tests wait for an access token to expire, and still use its successor on a busy machine. */
export async function startShortLived(env: Record<string, string> = {}): Promise<ShortLived> {
  const strict = { CLOCK_SKEW: '0', REFRESH_GRACE: '0', ...env }
  const service = await startService(strict)
  const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), ACCESS_TOKEN_TTL: '1' }
  const short = await startInstance({ ...strict, ...shared }, { alone: true })
  return {
    service,
    short,
    async stop() {
      await short.stop()
      await service.stop()
    },
  }
}

/** The tokens that the service sent last through the proxy. */
export function sentTokens(proxy: Proxy): { token: string; refreshToken: string } {
  const { data } = JSON.parse(proxy.calls.findLast(({ answer }) => answer?.includes('"refreshToken"'))!.answer!)
  return data.login ?? data.refreshToken
}

export const isRefused = async (service: Instance, token: string): Promise<boolean> =>
  (await service.graphql('{ profile { id } }', {}, token)).code === 'UNAUTHENTICATED'

/** Signs in through the proxy, and waits until the service refuses the access token. */
export async function signInAndExpire(
  { service, short }: ShortLived,
  { client, account, proxy }: { client: Client; account: Account; proxy: Proxy },
): Promise<string> {
  proxy.target = short.url
  await client.login({ email: account.email, password: account.password })
  proxy.target = service.url
  const { token } = sentTokens(proxy)
  await until('the access token has expired', () => isRefused(service, token))
  return token
}
