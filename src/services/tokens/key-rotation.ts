// An operator's commands for the key files: rotate, list and retire.
import { addSeconds, type Clock } from '@postern/service/clock'
import type { KeyFiles, KeyPair } from '../../repositories/tokens/key-files.js'
import { isRetired, schedule, signingKey, type Scheduled, type TokenLife } from './key-schedule.js'

/** How long it takes until every instance has read the folder again, with a margin. */
const SPREAD_SECONDS = 5

export interface ListedKey {
  kid: string
  state: 'waiting' | 'signing' | 'verifying' | 'retired' | 'broken'
  createdAt?: Date
  activeFrom?: Date
  retiresAt?: Date | null
  /** Why it is broken. */
  problem?: string
}

/** `cacheTtl`: how long validators cache the published keys, in seconds. */
export function createKeyRotation({
  files,
  life,
  cacheTtl,
  clock,
}: {
  files: KeyFiles
  life: TokenLife
  cacheTtl: number
  clock: Clock
}) {
  const isWaiting = (key: KeyPair, now: Date) => key.activeFrom > now

  /** Deletes the keys that no valid token needs. The clock skew counts twice: this machine's clock may be the wrong one. */
  async function retire(): Promise<string[]> {
    const { pairs } = await files.read()
    const past = addSeconds(clock(), -life.clockSkew)
    const retired = schedule(pairs, life).filter((key) => isRetired(key, past))
    await Promise.all(retired.map((key) => files.remove(key.kid)))
    return retired.map((key) => key.kid)
  }

  function stateOf(key: Scheduled<KeyPair>, signing: string | undefined, now: Date): ListedKey['state'] {
    if (key.kid === signing) return 'signing'
    if (isWaiting(key, now)) return 'waiting'
    return isRetired(key, now) ? 'retired' : 'verifying'
  }

  return {
    retire,

    /**
     * Creates the next key. It signs when every validator has had time to fetch it twice; the first key signs at once. While
     * a key is waiting, it creates none: two schedulers may run the same rotation.
     */
    async rotate(): Promise<{ key: KeyPair; created: boolean; deleted: string[] }> {
      const deleted = await retire()
      const { pairs, broken } = await files.read()
      const now = clock()
      const waiting = pairs.find((key) => isWaiting(key, now))
      if (waiting) return { key: waiting, created: false, deleted }
      if (pairs.length === 0 && broken.length > 0)
        throw new Error(`No key file can be used. Repair or delete: ${broken.map(({ problem }) => problem).join('; ')}`)
      const activeFrom = pairs.length === 0 ? now : addSeconds(now, 2 * cacheTtl + SPREAD_SECONDS)
      return { key: await files.create({ createdAt: now, activeFrom, tokenTtl: life.ttl }), created: true, deleted }
    },

    async list(): Promise<ListedKey[]> {
      const { pairs, broken } = await files.read()
      const now = clock()
      const scheduled = schedule(pairs, life)
      const signing = signingKey(scheduled, now)?.kid
      return [
        ...scheduled.map(({ kid, createdAt, activeFrom, retiresAt, ...key }) => ({
          ...{ kid, createdAt, activeFrom, retiresAt },
          state: stateOf({ kid, createdAt, activeFrom, retiresAt, ...key }, signing, now),
        })),
        ...broken.map((key) => ({ ...key, state: 'broken' as const })),
      ]
    },
  }
}
