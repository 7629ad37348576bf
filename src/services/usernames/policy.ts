import { AuthError } from '../../platform/errors.js'
import type { ProtectedUsernames } from './protected-usernames.js'
import { TRUSTED_USERNAMES } from './reserved-usernames.js'
import { skeletonOf } from './skeleton.js'

export type Refusal = 'RESERVED' | 'CONFUSABLE'

export type UsernamePolicy = ReturnType<typeof createUsernamePolicy>

/** Which well-formed names nobody may claim, whoever has which. Says nothing about who has one already. */
export function createUsernamePolicy({
  isReserved,
  protectedNames,
}: {
  isReserved: (canonical: string) => boolean
  protectedNames: ProtectedUsernames
}) {
  const trusted = new Set(TRUSTED_USERNAMES.map(skeletonOf))

  /** Whether people may take it for a name that they trust, or it is one. */
  function looksTrusted(canonical: string): boolean {
    const skeleton = skeletonOf(canonical)
    return trusted.has(skeleton) || protectedNames.hasSkeleton(skeleton)
  }

  /** Why a name may not be had; null when nothing is against it as far as this process knows. */
  function refusalOf(canonical: string): Refusal | null {
    if (isReserved(canonical) || protectedNames.has(canonical)) return 'RESERVED'
    return looksTrusted(canonical) ? 'CONFUSABLE' : null
  }

  async function refusalByNow(canonical: string): Promise<Refusal | null> {
    await protectedNames.bringUpToDate()
    return refusalOf(canonical)
  }

  return {
    refusalOf,
    looksTrusted,

    /** Lets {@link refusalByNow} and {@link refuse} answer at once. Throws SERVICE_UNAVAILABLE when MySQL is away. */
    bringUpToDate: protectedNames.bringUpToDate,

    /** To be asked last, before a name is called free. Throws SERVICE_UNAVAILABLE when MySQL is away. */
    refusalByNow,

    /** To be called last, before a name is given away. Throws USERNAME_RESERVED, and SERVICE_UNAVAILABLE when MySQL is away. */
    async refuse(canonical: string): Promise<void> {
      const refusal = await refusalByNow(canonical)
      if (refusal === 'RESERVED') throw new AuthError('USERNAME_RESERVED')
      if (refusal === 'CONFUSABLE')
        throw new AuthError('USERNAME_RESERVED', {
          message: 'This username looks like one that is reserved. Choose another one.',
        })
    },
  }
}
