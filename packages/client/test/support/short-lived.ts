import { testRedisUrl } from '../../../../test/support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../../../test/support/service.js'

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
