// Access tokens as Postern issues them, and the stream that ends them, for services that are tested without it.
import { deriveRevocationKey } from '@postern/contract/revocations'
import { Redis } from 'ioredis'
import { createRelay } from '../../packages/session/test/support/relay.js'
import { claims, sign } from '../../packages/session/test/support/tokens.js'
import { bearer } from './grpc.js'
import { testRedisUrl } from './redis.js'
import { TEST_ENVIRONMENT } from './service.js'

const { JWT_SECRET } = TEST_ENVIRONMENT

/** For a call of this person. Valid for 15 minutes. */
export const asUser = (userId: string, roles = ['USER']) => bearer(sign(claims({ sub: userId, roles }), {}, JWT_SECRET))

/** Until it is stopped, services that read this stream accept tokens. */
export async function startTokenIssuer() {
  const redis = new Redis(testRedisUrl())
  const relay = createRelay(redis, deriveRevocationKey(JWT_SECRET))
  await relay.openEpoch()
  await relay.start(500)
  return {
    async stop(): Promise<void> {
      relay.stop()
      await redis.quit()
    },
  }
}
