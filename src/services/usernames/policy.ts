// Decides which well-formed usernames can't be claimed by anyone, whether they are taken or not.
import { ServiceError } from '@postern/service/errors'
import type { ProtectedUsernames } from './protected-usernames.js'
import { TRUSTED_USERNAMES } from './reserved-usernames.js'
import { skeletonOf } from './skeleton.js'

export type Refusal = 'RESERVED' | 'CONFUSABLE'

export type UsernamePolicy = ReturnType<typeof createUsernamePolicy>

export function createUsernamePolicy({
  isReserved,
  protectedUsernames,
}: {
  isReserved: (canonical: string) => boolean
  protectedUsernames: ProtectedUsernames
}) {
  const trusted = new Set(TRUSTED_USERNAMES.map(skeletonOf))

  /** Whether it is, or looks like, a trusted or protected username. */
  function looksTrusted(canonical: string): boolean {
    const skeleton = skeletonOf(canonical)
    return trusted.has(skeleton) || protectedUsernames.hasSkeleton(skeleton)
  }

  /** By this process's copy of the protected usernames. Null if the policy allows the username. */
  function refusalOf(canonical: string): Refusal | null {
    if (isReserved(canonical) || protectedUsernames.has(canonical)) return 'RESERVED'
    return looksTrusted(canonical) ? 'CONFUSABLE' : null
  }

  /** Returns no promise while the copy is current: nearly always, and at every check of an available username. */
  function freshRefusalOf(canonical: string): Refusal | null | Promise<Refusal | null> {
    if (protectedUsernames.isCurrent()) return refusalOf(canonical)
    return protectedUsernames.bringUpToDate().then(() => refusalOf(canonical))
  }

  return {
    refusalOf,
    looksTrusted,

    /** After it, {@link freshRefusalOf} and {@link refuse} need not wait. Throws SERVICE_UNAVAILABLE if MySQL is unavailable. */
    bringUpToDate: protectedUsernames.bringUpToDate,

    /** Call it last, before "available" is answered. Throws SERVICE_UNAVAILABLE if MySQL is unavailable. */
    freshRefusalOf,

    /** Call it last, before a claim. Throws USERNAME_RESERVED, and SERVICE_UNAVAILABLE if MySQL is unavailable. */
    async refuse(canonical: string): Promise<void> {
      const refusal = await freshRefusalOf(canonical)
      if (refusal === 'RESERVED') throw new ServiceError('USERNAME_RESERVED')
      if (refusal === 'CONFUSABLE')
        throw new ServiceError('USERNAME_RESERVED', {
          message: 'This username looks like a reserved one. Choose another one.',
        })
    },
  }
}
