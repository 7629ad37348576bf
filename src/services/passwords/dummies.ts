// The hashes that are verified for names without an account, as costly as the stored ones.
import { createHmac, randomBytes } from 'node:crypto'
import type { Argon2Parameters } from './hasher/client.js'

/** How many of the stored hashes have which parameters, such as `$argon2id$v=19$m=19456,t=2,p=1`. */
export type StoredCosts = ReadonlyMap<string, number>

/** More than this many different costs are never in use at once. */
const MAX_COSTS = 8

/**
 * After the cost was raised, most accounts have hashes of the old cost until their next login. A dummy of the new cost
 * would take longer, and so show which accounts exist. So the dummies follow the mix of costs that is stored, and a name
 * without an account always gets the same one, as a name with an account does.
 */
export async function createDummies(options: {
  key: string
  parameters: Argon2Parameters
  hash: (password: string, parameters: Argon2Parameters) => Promise<string>
}) {
  const create = (parameters: Argon2Parameters) => options.hash(randomBytes(32).toString('hex'), parameters)
  let dummies = [{ cost: '', hash: await create(options.parameters), share: 1 }]

  return {
    /** Follows the costs that are stored now. Without any, the last ones stay. */
    async follow(stored: StoredCosts): Promise<void> {
      const counted = [...stored].flatMap(([cost, count]) => {
        const parameters = parseCost(cost)
        return parameters ? { cost, count, parameters } : []
      })
      const common = counted.toSorted((a, b) => b.count - a.count).slice(0, MAX_COSTS)
      const total = common.reduce((sum, { count }) => sum + count, 0)
      if (total === 0) return
      // In the order of their costs, so that a small change of the mix changes few names.
      const ordered = common.toSorted((a, b) => (a.cost < b.cost ? -1 : 1))
      const next: typeof dummies = []
      for (const { cost, count, parameters } of ordered) {
        const hash = dummies.find((known) => known.cost === cost)?.hash ?? (await create(parameters))
        next.push({ cost, hash, share: count / total })
      }
      dummies = next
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

/** The parameters of a hash in PHC format. Null if argon2id did not make it. */
function parseCost(cost: string): Argon2Parameters | null {
  const match = /^\$argon2id\$v=\d+\$m=(\d+),t=(\d+),p=(\d+)$/.exec(cost)
  return match && { memoryKib: Number(match[1]), timeCost: Number(match[2]), parallelism: Number(match[3]) }
}
