import { createDpop, type DpopOptions, memoryReplays, SessionError } from '../../src/dpop.js'
import type { ProofClaims, Prover } from '../../../../test/support/dpop.js'

export const API = 'https://api.example.com'
export const HTU = `${API}/me`
export const TOKEN = 'an access token'
export const SECRET = 'a secret for nonces that has 32 bytes or more'

export const create = (options: Partial<DpopOptions> = {}) =>
  createDpop({ urls: [API], replays: memoryReplays(), ...options })

export const requestWith = (proof: string | undefined, { method = 'GET', url = '/me' } = {}) => ({
  method,
  url,
  headers: proof === undefined ? {} : { dpop: proof },
})

/** Checks a proof and uses it up. Resolves to the thumbprint, or to the error. */
export const outcome = async (dpop: ReturnType<typeof create>, proof: string | undefined, request = {}) =>
  dpop.check(requestWith(proof, request), TOKEN).then(
    async (key) => {
      const refused = await key.use().catch((error: unknown) => error)
      return refused instanceof SessionError ? refused : key.thumbprint
    },
    (error: unknown) => error as SessionError,
  )

export const messageOf = async (...args: Parameters<typeof outcome>): Promise<string> => {
  const found = await outcome(...args)
  return found instanceof SessionError ? `${found.code} ${found.message}` : 'accepted'
}

/** Proofs for a GET of /me with the token. */
export const proofsOf =
  (prover: Prover) =>
  (claims: ProofClaims = {}, header?: object) =>
    prover.proof({ htm: 'GET', htu: HTU, token: TOKEN, ...claims }, header)
