// Signs the tokens (JWT) by which this service identifies itself to push services.
import { type KeyObject, sign } from 'node:crypto'

interface Signer {
  algorithm: 'ES256' | 'RS256'
  privateKey: KeyObject
  /** The id of the key, where the receiver knows several. */
  keyId?: string
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export function signToken(claims: object, { algorithm, privateKey, keyId }: Signer): string {
  const header = { typ: 'JWT', alg: algorithm, ...(keyId !== undefined && { kid: keyId }) }
  const content = `${encode(header)}.${encode(claims)}`
  // JWS has the two numbers of a signature one after the other. RSA ignores the option.
  const signature = sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${content}.${signature.toString('base64url')}`
}
