// A Lua script that Redis knows by its hash: only the first call on each connection sends the text.
import type { Redis } from 'ioredis'

export type Script = (keys: readonly string[], values: readonly (string | number)[]) => Promise<unknown>

/** Sends the text again if Redis has forgotten the script. */
export function defineScript(redis: Redis, name: string, lua: string): Script {
  redis.defineCommand(name, { lua })
  const scripts = redis as unknown as Record<string, (...values: (string | number)[]) => Promise<unknown>>
  return async (keys, values) => scripts[name]?.(keys.length, ...keys, ...values)
}
