// DPoP (RFC 9449): what service and packages agree on.

/** The algorithms of proofs: asymmetric ones only. Both names of Ed25519 are in use. */
export const DPOP_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256'] as const

/** The value of a `WWW-Authenticate` header for a request that needs another proof (RFC 9449 section 7.1). */
export const dpopChallenge = (error: string, description: string): string =>
  `DPoP algs="${DPOP_ALGORITHMS.join(' ')}", error="${error}", error_description="${description}"`
