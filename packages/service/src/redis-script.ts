// A Lua script that Redis knows by its hash: only the first call on each connection sends the text.
import type { Redis } from 'ioredis'

export type Script = (keys: readonly string[], values: readonly (string | number)[]) => Promise<unknown>

/** Redis can forget the script again between a call and its repetition. */
const ATTEMPTS = 5

const isForgotten = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/** Sends the text again if Redis has forgotten the script: then nothing has run. */
export function defineScript(redis: Redis, name: string, lua: string): Script {
  redis.defineCommand(name, { lua })
  const scripts = redis as unknown as Record<string, (...values: (string | number)[]) => Promise<unknown>>
  return async (keys, values) => {
    for (let attempt = 1; ; attempt++) {
      try {
        // The client repeats a forgotten script once, but as a hash if another call has just sent the text.
        return await scripts[name]?.(keys.length, ...keys, ...values)
      } catch (error) {
        if (attempt === ATTEMPTS || !isForgotten(error)) throw error
      }
    }
  }
}
