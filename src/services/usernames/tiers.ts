// The tiers that answer username checks, the fastest first.

/** `memory` is the process cache. Only `mysql` can answer that a username is available. */
export const TIERS = ['rules', 'memory', 'redis', 'mysql'] as const

export type Tier = (typeof TIERS)[number]
