// Puts Redis into the state that a long stream of checks would leave, without waiting for it.
import type { Redis } from 'ioredis'

interface Stream {
  /** Checks per second. */
  rate: number
  /** Seconds for which a taken name is cached after a lookup. */
  ttl: number
  random: () => number
}

const BATCH = 5000

/**
 * A name that is checked x times per TTL on average is in Redis for x of every x + 1 TTLs: after it expires, the next check,
 * which puts it back, comes after 1/x of a TTL. Its remaining lifetime is uniform between 0 and the TTL.
 */
export async function layOut(redis: Redis, shares: Map<string, number>, stream: Stream): Promise<void> {
  const { rate, ttl, random } = stream
  let commands = redis.pipeline()
  for (const [name, share] of shares) {
    const checks = rate * share * ttl
    if (random() > checks / (1 + checks)) continue
    commands.set(`username_exists:${name}`, '1', 'PX', Math.ceil(random() * ttl * 1000))
    if (commands.length < BATCH) continue
    await commands.exec()
    commands = redis.pipeline()
  }
  await commands.exec()
}
