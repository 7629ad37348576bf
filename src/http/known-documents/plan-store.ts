// Keeps the plans of the operations that clients use, within a bounded amount of memory.
import { LRUCache } from 'lru-cache'
import { makePlan, type Plan, type ValidOperation } from './plan.js'

const MAX_SOURCE_BYTES = 2048

/**
 * As the limits of documents count it: about 0.4 ms of the thread. What costs more takes a turn of the event loop, on the
 * path of Apollo Server: see graphql/turns.ts.
 */
const MAX_COST = 2000

/** What a plan takes, within a third: variables and literals grow with the source, and fields can come from fragments. */
const BYTES_PER_FIELD = 1000
const BYTES_PER_CHARACTER = 12
const MAX_BYTES = 4 * 1024 * 1024

/** A plan that was used so often is not replaced by new ones, of which a client can send as many as it likes. */
const PROVEN_USES = 10

interface Known {
  /** Null if plans do not support the document: so it is examined once. */
  readonly plan: Plan | null
  uses: number
}

/** `costOf`: as the limits of documents count it. */
export function createPlanStore(costOf: (valid: ValidOperation) => number) {
  const sized = {
    maxSize: MAX_BYTES,
    sizeCalculation: ({ plan }: Known, source: string) =>
      BYTES_PER_CHARACTER * source.length + BYTES_PER_FIELD * (1 + (plan?.fields ?? 0)),
  }
  const fresh = new LRUCache<string, Known>(sized)
  const proven = new LRUCache<string, Known>(sized)

  /** The last one found: most requests are for the same document as the one before. */
  let last: { source: string; operationName: string | null | undefined; known: Known } | null = null

  function lookUp(source: string, operationName: string | null | undefined): Known | undefined {
    if (last?.source === source && last.operationName === operationName) return last.known
    const key = keyOf(source, operationName)
    const known = proven.get(key) ?? fresh.get(key)
    last = known ? { source, operationName, known } : null
    return known
  }

  return {
    /** Adds an operation that Apollo Server is about to execute. */
    add(valid: ValidOperation): void {
      const { source, operationName } = valid
      if (source.includes('\0') || source.length > MAX_SOURCE_BYTES || Buffer.byteLength(source) > MAX_SOURCE_BYTES)
        return
      const key = keyOf(source, operationName)
      if (proven.has(key) || fresh.has(key)) return
      fresh.set(key, { plan: costOf(valid) <= MAX_COST ? planOrNull(valid) : null, uses: 0 })
    },

    /** Null if the operation has not been added, or has no plan. */
    find(source: string, operationName: string | null | undefined): Plan | null {
      const known = lookUp(source, operationName)
      if (!known?.plan) return null
      known.uses += 1
      if (known.uses === PROVEN_USES) {
        const key = keyOf(source, operationName)
        fresh.delete(key)
        proven.set(key, known)
      }
      return known.plan
    },
  }
}

/** Documents that contain a NUL (a comment can) are not kept, so keys are unambiguous. */
const keyOf = (source: string, operationName: string | null | undefined): string =>
  operationName ? `${operationName}\0${source}` : source

function planOrNull(valid: ValidOperation): Plan | null {
  try {
    return makePlan(valid)
  } catch {
    return null
  }
}
