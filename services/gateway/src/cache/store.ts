// Kept responses in Redis, which all gateways share. Without Redis, every response comes from its service.
import type { RedisStore } from '@postern/service/redis'
import { type Entry, readEntry, writeEntry } from './entry.js'

const PREFIX = 'postern:gateway:response:'

export interface ResponseStore {
  /** Null if there is none, or if Redis does not answer. */
  readonly read: (key: string) => Promise<Entry | null>
  /** Does not wait. If it fails, the next request calls the service again. */
  readonly write: (key: string, entry: Entry, seconds: number) => void
  readonly close: () => void
}

/** `redis` must give up soon: a look-up must not take longer than the call that it saves. Its errors are reported elsewhere. */
export const createResponseStore = (redis: RedisStore): ResponseStore => ({
  read: (key) =>
    redis.getBuffer(PREFIX + key).then(
      (bytes) => readEntry(bytes),
      () => null,
    ),
  write(key, entry, seconds) {
    redis.set(PREFIX + key, writeEntry(entry), 'EX', seconds).catch(() => undefined)
  },
  close: () => redis.disconnect(),
})
