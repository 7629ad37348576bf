// The ES256 keys of KEYS_DIR as this process holds them, to sign, verify and publish.
import { SessionError, type KeySource, type VerificationKey } from '@postern/session'
import type { Clock } from '@postern/service/clock'
import type { KeyFiles, KeyPair, PublicJwk } from '../../repositories/tokens/key-files.js'
import { isRetired, schedule, signingKey, type Scheduled, type TokenLife } from './key-schedule.js'

/** A key pair in memory. Its `verification` stays the same object as long as it is held. */
type Held = KeyPair & { verification: VerificationKey }

/** The end of the message if the folder is empty or missing. */
export const NO_KEY = 'contains no key file'

export type SigningKeys = ReturnType<typeof createSigningKeys>

/** The ES256 keys of KEYS_DIR, as of the last `reload`. */
export function createSigningKeys({ files, life, clock }: { files: KeyFiles; life: TokenLife; clock: Clock }) {
  let keys: Scheduled<Held>[] = []

  const source: KeySource = {
    find(algorithm, kid) {
      if (algorithm !== 'ES256') throw new SessionError('wrong_algorithm')
      const key = keys.find((candidate) => candidate.kid === kid)
      if (!key || isRetired(key, clock())) throw new SessionError('unknown_key')
      return [key.verification]
    },
  }

  return {
    source,

    /** The key that signs at `now`. */
    signer(now: Date): KeyPair {
      const key = signingKey(keys, now)
      if (!key) throw new Error('No signing key')
      return key
    },

    /** The public keys for validators: those that will sign, that sign, and that valid tokens were signed with. */
    published(): PublicJwk[] {
      const now = clock()
      return keys.filter((key) => !isRetired(key, now)).map((key) => key.publicJwk)
    },

    /**
     * Reads the folder again. If a file is broken or half-written, its last good state stays; so does everything if the
     * folder is empty or can't be read. In both cases it rejects, after applying the usable keys.
     */
    async reload(): Promise<void> {
      const { pairs, broken } = await files.read()
      const held = new Map(keys.map((key) => [key.kid, key]))
      const next: Held[] = pairs.map((pair) => ({
        ...pair,
        verification: held.get(pair.kid)?.verification ?? {
          algorithm: 'ES256',
          key: pair.publicKey,
          retired: false,
        },
      }))
      next.push(...broken.flatMap(({ kid }) => held.get(kid) ?? []))
      if (next.length > 0) {
        keys = schedule(next, life)
        const now = clock()
        const good = new Set(keys.filter((key) => !isRetired(key, now)).map((key) => key.kid))
        // Cached verifications by a key that is gone no longer count.
        for (const { kid, verification } of [...held.values(), ...keys]) verification.retired = !good.has(kid)
      }
      if (broken.length > 0) throw new Error(broken.map(({ problem }) => problem).join('; '))
      if (next.length === 0) throw new Error(`${files.folder} ${NO_KEY}`)
    },
  }
}
