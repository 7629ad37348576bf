// Counts requests in Redis, for all gateways together.
import { createHmac, createSecretKey } from 'node:crypto'
import { createTwoGenerations } from '@postern/contract/two-generations'
import { defineScript } from '@postern/service/redis-script'
import type { Redis, RedisStore } from '@postern/service/redis'
import { type Count, countOf } from './counter.js'
import type { Policy } from './policies.js'

// Atomic: parallel requests are counted one after the other, and a refused one counts for no limit.
const COUNT = `
  local result, over = {}, false
  for i, key in ipairs(KEYS) do
    local before = tonumber(redis.call('GET', key) or 0)
    local left = redis.call('PTTL', key)
    if left < 0 then left = tonumber(ARGV[2 * i]) end
    if before >= tonumber(ARGV[2 * i - 1]) then over = true end
    result[2 * i - 1], result[2 * i] = before, left
  end
  if over then return result end
  for i, key in ipairs(KEYS) do
    if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, ARGV[2 * i]) end
  end
  return result`

/** Of those who send many requests: at most twice as many are kept. */
const MAX_NAMES = 5000

export type CountRequest = (policies: readonly Policy[]) => Promise<Count>

/** `key` makes names of addresses and ids that say nothing about them. Rejects if Redis is unavailable. */
export function createRedisCounter(redis: RedisStore, key: string): CountRequest {
  const run = defineScript(redis as Redis, 'countGatewayRequest', COUNT)
  const secret = createSecretKey(Buffer.from(key))
  const names = createTwoGenerations<string>({ size: MAX_NAMES, renew: true })
  const newName = ({ subject, seconds }: Policy): string => {
    const mac = createHmac('sha256', secret).update(`gateway limits v1\n${seconds}\n${subject}`).digest('base64url')
    // The braces keep all keys in one slot of a cluster: a script can't use others.
    return `postern:{gateway-limits}:${mac}`
  }
  function nameOf(policy: Policy): string {
    const id = `${policy.seconds}\n${policy.subject}`
    let name = names.get(id)
    if (name === undefined) names.set(id, (name = newName(policy)))
    return name
  }
  return async (policies) => {
    const values = policies.flatMap(({ limit, seconds }) => [limit, seconds * 1000])
    const result = (await run(policies.map(nameOf), values)) as number[]
    return countOf(
      policies,
      policies.map((_, i) => ({ before: Number(result[2 * i]), resetMs: Number(result[2 * i + 1]) })),
    )
  }
}
