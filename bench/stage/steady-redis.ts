// Redis as a stream of checks keeps it that has gone on for long: nobody waits a day for a measurement.
import type { Redis } from 'ioredis'

interface Stream {
  /** Checks a second. */
  rate: number
  /** Seconds that a name is remembered after a look-up that found it. */
  ttl: number
  random: () => number
}

const BATCH = 5000

/**
 * A name that is asked for x times within the TTL, on average, is in Redis for x of every x + 1 TTLs: it waits one x-th of
 * a TTL for the question that puts it there. The time it has left is anything from nothing to the TTL.
 */
export async function layOut(redis: Redis, shares: Map<string, number>, stream: Stream): Promise<void> {
  const { rate, ttl, random } = stream
  let commands = redis.pipeline()
  for (const [name, share] of shares) {
    const asked = rate * share * ttl
    if (random() > asked / (1 + asked)) continue
    commands.set(`username_exists:${name}`, '1', 'PX', Math.ceil(random() * ttl * 1000))
    if (commands.length < BATCH) continue
    await commands.exec()
    commands = redis.pipeline()
  }
  await commands.exec()
}
