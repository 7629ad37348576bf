import { generateKeyPairSync, randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Claims } from '../../src/index.js'
import { inSeconds } from './relay.js'

export const SECRET = 'a secret of the tests that has more than 32 bytes'
export const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const otherPair = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export const claims = (changes: Partial<Record<keyof Claims, unknown>> = {}): Claims =>
  ({
    iss: 'postern',
    aud: 'postern',
    sub: randomUUID(),
    client_id: 'postern',
    sid: randomUUID(),
    jti: randomUUID(),
    gen: 1,
    iat: inSeconds(0),
    nbf: inSeconds(0),
    exp: inSeconds(900),
    roles: ['USER'],
    auth_time: inSeconds(0),
    amr: ['pwd'],
    acr: 'aal1',
    ...changes,
  }) as Claims

/** Signs any JSON with any header, by default with SECRET. */
export const sign = (payload: object, header: object = {}, secret: string = SECRET): string =>
  jwt.sign(JSON.stringify(payload), secret, { algorithm: 'HS256', header: { alg: 'HS256', typ: 'at+jwt', ...header } })

export const signES256 = (
  payload: object,
  kid: string | undefined = 'k1',
  key = pair.privateKey,
  header: object = {},
): string =>
  jwt.sign(JSON.stringify(payload), key, {
    algorithm: 'ES256',
    header: { alg: 'ES256', typ: 'at+jwt', ...(kid && { kid }), ...header },
  })

export const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
