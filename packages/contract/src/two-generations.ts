// A bounded cache that is faster than an LRU list.

/** A map that is bounded in size and drops its older half as a whole. */
export interface TwoGenerations<Value> {
  readonly size: number
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  /** Drops entries older than the last turn. Call it at intervals to bound the age of entries. */
  turn(): void
}

/**
 * Creates a cache of two Maps: when the younger one holds `size` entries, it replaces the older one. That needs no timer
 * and no list, which would cost more than the entries; lru-cache costs 50 times as much when most look-ups miss. With
 * `renew`, reading an entry makes it young again.
 */
export function createTwoGenerations<Value>({ size, renew }: { size: number; renew: boolean }): TwoGenerations<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()

  function turn(): void {
    old = young
    young = new Map()
  }
  function set(key: string, value: Value): void {
    if (young.size >= size) turn()
    if (size > 0) young.set(key, value)
  }

  return {
    get size() {
      return young.size + old.size
    },
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (renew && older !== undefined) {
        old.delete(key)
        set(key, older)
      }
      return older
    },
    set,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    turn,
  }
}
