// Who does something, and from where.

/** Where a request comes from. Null for what is not known. */
export interface Origin {
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly requestId: string | null
}

export const ACTOR_KINDS = ['USER', 'OPERATOR', 'SERVICE', 'UNKNOWN'] as const

export type ActorKind = (typeof ACTOR_KINDS)[number]

export interface Actor {
  readonly kind: ActorKind
  /** The user's. Null for all others. */
  readonly id: string | null
  readonly origin: Origin | null
}

const copyOf = ({ ipAddress, userAgent, requestId }: Origin): Origin => ({ ipAddress, userAgent, requestId })

/** A user who is signed in. */
export const userActor = ({ user, client }: { user: { id: string }; client: Origin }): Actor => ({
  kind: 'USER',
  id: user.id,
  origin: copyOf(client),
})

/** Someone who has not proved who they are. */
export const unknownActor = (client: Origin): Actor => ({ kind: 'UNKNOWN', id: null, origin: copyOf(client) })

/** A person who runs commands beside the service. */
export const OPERATOR: Actor = { kind: 'OPERATOR', id: null, origin: null }

/** The service itself. */
export const SERVICE: Actor = { kind: 'SERVICE', id: null, origin: null }
