// The formats of access tokens: JWT with HS256 or ES256, and PASETO v4.local.
import { createSecretKey } from 'node:crypto'
import { ACCESS_TOKEN_TYPE } from '@postern/contract/claims'
import type { Claims, KeySource, VerificationKeys } from '@postern/session'
import jwt from 'jsonwebtoken'
import { encrypt } from 'paseto-ts/v4'
import type { SigningKeys } from './signing-keys.js'

/** Writes access tokens, and has the keys that verify them. */
export interface TokenFormat {
  /** `now` selects the key. */
  write(claims: Claims, now: Date): string
  keys: VerificationKeys & { readonly keySource?: KeySource }
}

const typ = ACCESS_TOKEN_TYPE

/** JWTs with a shared secret. The previous secret only verifies. */
export function hs256(secret: string, previous?: string): TokenFormat {
  // A KeyObject is prepared once, a string at every call.
  const key = createSecretKey(Buffer.from(secret))
  return {
    write: (claims) => jwt.sign(claims, key, { algorithm: 'HS256', header: { alg: 'HS256', typ } }),
    keys: { secret: previous === undefined ? secret : [secret, previous] },
  }
}

/** JWTs with key pairs that rotate while the service runs. */
export function es256(signingKeys: SigningKeys): TokenFormat {
  return {
    write(claims, now) {
      const { kid, privateKey } = signingKeys.signer(now)
      return jwt.sign(claims, privateKey, { algorithm: 'ES256', header: { alg: 'ES256', typ, kid } })
    },
    keys: { keySource: signingKeys.source },
  }
}

/** PASETO v4.local with keys of 64 hex characters: the same claims, but times in RFC 3339. */
export function paseto(key: string, previous?: string): TokenFormat {
  const localKey = new Uint8Array(Buffer.concat([Buffer.from('k4.local.'), Buffer.from(key, 'hex')]))
  const time = (seconds: number) => new Date(seconds * 1000).toISOString()
  return {
    write(claims) {
      const times = { iat: time(claims.iat), nbf: time(claims.nbf), exp: time(claims.exp) }
      const lists = { roles: [...claims.roles], amr: [...(claims.amr ?? [])] }
      // The library would check the times against its own clock.
      const options = { addIat: false, addExp: false, validatePayload: false }
      return encrypt(localKey, { ...claims, ...lists, ...times }, options)
    },
    keys: { pasetoKey: previous === undefined ? key : [key, previous] },
  }
}
