// The hashes that are verified for names without an account, as costly as the stored ones.
import { createHmac } from 'node:crypto'
import { unmatchable } from './foreign/stored-form.js'

/** How many of the stored hashes have which parameters, such as `$argon2id$v=19$m=19456,t=2,p=1` or `$2b$12`. */
export type StoredCosts = ReadonlyMap<string, number>

/** An import can bring a dozen. The rare ones beyond this number have no dummy. */
const MAX_COSTS = 32

/**
 * After the cost was raised or users were imported, most accounts have other hashes until their next login. A dummy of the
 * new cost would take longer, and so show which accounts exist. So the dummies follow the mix of costs that is stored, and
 * a name without an account always gets the same one, as a name with an account does.
 */
export function createDummies(options: {
  key: string
  /** The hash to begin with. */
  first: string
}) {
  const { first } = options
  let dummies = [{ cost: '', hash: first, share: 1 }]

  return {
    /** Follows the costs that are stored now. Without any, the last ones stay. */
    follow(stored: StoredCosts): void {
      const counted = [...stored].flatMap(([cost, count]) => {
        const hash = dummies.find((known) => known.cost === cost)?.hash ?? unmatchable(cost)
        return hash === null ? [] : { cost, count, hash }
      })
      const common = counted.toSorted((a, b) => b.count - a.count).slice(0, MAX_COSTS)
      const total = common.reduce((sum, { count }) => sum + count, 0)
      if (total === 0) return
      // In the order of their costs, so that a small change of the mix changes few names.
      const ordered = common.toSorted((a, b) => (a.cost < b.cost ? -1 : 1))
      dummies = ordered.map(({ cost, count, hash }) => ({ cost, hash, share: count / total }))
    },

    /** The hash to verify for this name. */
    of(name: string): string {
      const mac = createHmac('sha256', options.key).update(`postern dummy hash v1\n${name}`).digest()
      let rest = mac.readUInt32BE() / 2 ** 32
      for (const { hash, share } of dummies) {
        rest -= share
        if (rest < 0) return hash
      }
      return dummies.at(-1)?.hash ?? ''
    },
  }
}
