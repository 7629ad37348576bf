import { afterEach, expect } from 'vitest'
import { createEdgeValidator, type EdgeKeyOptions, type EdgeValidator } from '../../src/edge.js'
import { createTokenVerifier, SessionError, type Claims, type VerificationKeys } from '../../src/index.js'

/** The code with which the validator for the edge refuses a token, or `accepted`. Any other error is rethrown. */
export async function edgeOutcome(validator: EdgeValidator, token: string): Promise<string> {
  try {
    await validator.validate(token)
    return 'accepted'
  } catch (error) {
    if (error instanceof SessionError) return error.code
    throw error
  }
}

/**
 * A verifier whose every result is checked after each test: the validator for the edge must accept the same tokens with the
 * same claims, and refuse the others with the same codes.
 */
export function createVerifierOfBoth(keys: VerificationKeys, edgeKeys: EdgeKeyOptions) {
  const verifier = createTokenVerifier(keys)
  const edge = createEdgeValidator({ ...edgeKeys, revocations: 'none' })
  const results: { token: string; outcome: string; claims: Claims | null }[] = []

  afterEach(async () => {
    for (const { token, outcome, claims } of results.splice(0)) {
      expect({ token, outcome: await edgeOutcome(edge, token) }).toEqual({ token, outcome })
      if (claims) expect(await edge.validate(token)).toMatchObject({ claims, revocationChecked: false })
    }
  })
  return {
    verify(token: string): Claims {
      try {
        const claims = verifier.verify(token)
        results.push({ token, outcome: 'accepted', claims })
        return claims
      } catch (error) {
        if (error instanceof SessionError) results.push({ token, outcome: error.code, claims: null })
        throw error
      }
    },
  }
}
