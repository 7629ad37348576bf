import { createHmac, generateKeyPairSync } from 'node:crypto'
import { createTokenVerifier } from '../../src/index.js'
import { refusal } from '../../../../test/support/refusal.js'
import { base64url, claims, otherPair, pair, SECRET, sign, signES256 } from './tokens.js'
import { inSeconds } from './relay.js'

/** The keys of the tokens, for a validator in any runtime. */
export const KEYS = { secret: SECRET, publicKeys: { k1: pair.publicKey.export({ format: 'jwk' }) } }

/** Tokens of every kind of attack, and the code with which Node.js refuses each, or `accepted`. */
export function hostileTokens(): { token: string; outcome: string }[] {
  const verifier = createTokenVerifier(KEYS)
  return tokens().map((token) => ({ token, outcome: refusal(() => verifier.verify(token)) }))
}

function tokens(): string[] {
  const good = [sign(claims()), signES256(claims()), sign(claims(), { typ: 'application/AT+JWT' })]
  const [hs = '', es = ''] = good
  const [head = '', body = '', signature = ''] = hs.split('.')
  const [esHead = '', esBody = '', esSignature = ''] = es.split('.')
  const made = Buffer.from(esSignature, 'base64url')
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const hmac = (input: string, key = SECRET) =>
    `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  const payload = (json: string | Buffer) => hmac(`${head}.${Buffer.from(json).toString('base64url')}`)
  const json = JSON.stringify(claims())
  return [
    ...good,
    // The algorithm.
    ...['none', 'None', 'HS384', 'ES384', 'RS256', 'EdDSA', null].map(
      (alg) => `${base64url({ alg, typ: 'at+jwt', kid: 'k1' })}.${body}.${signature}`,
    ),
    hmac(`${head}.${body}`, pair.publicKey.export({ type: 'spki', format: 'pem' }) as string),
    // The header.
    ...[{ jwk: {} }, { jku: 'https://evil.example' }, { crit: ['exp'] }, { b64: false }].map((more) =>
      sign(claims(), more),
    ),
    ...['JWT', 'at+jwt ', '', null].map((typ) => sign(claims(), { typ })),
    ...['k2', '__proto__', 'constructor'].map((kid) => signES256(claims(), kid)),
    ...['../k1', '', 'k1\0', 5, null].map((kid) => signES256(claims(), undefined, pair.privateKey, { kid })),
    // The encoding.
    ...['', '.', '..', head, `${head}.${body}`, `${hs}.`, `${hs}.x`, `${hs}=`, ` ${hs}`, `${hs}\n`, `${hs}\0`],
    `${head}.${'A'.repeat(8200)}.${signature}`,
    `${hs.slice(0, -1)}${'AEIMQUYcgkosw048'.includes(hs.at(-1) ?? '') ? 'B' : 'C'}`,
    'v4.local.AAAA',
    'v4.public.AAAA',
    // The signature.
    sign(claims(), {}, 'another secret that is also longer than 32 bytes'),
    signES256(claims(), 'k1', otherPair.privateKey),
    `${head}.${base64url(claims({ roles: ['ADMIN'] }))}.${signature}`,
    ...[
      Buffer.alloc(64),
      Buffer.alloc(64, 1),
      Buffer.alloc(64, 255),
      Buffer.concat([order, order]),
      Buffer.concat([Buffer.alloc(32), made.subarray(32)]),
      Buffer.concat([made.subarray(0, 32), Buffer.alloc(32)]),
      Buffer.concat([made.subarray(32), made.subarray(0, 32)]),
      made.subarray(0, 63),
      Buffer.concat([made, Buffer.alloc(1)]),
      Buffer.concat([Buffer.from('3044', 'hex'), made]),
      Buffer.from(p384.export({ format: 'jwk' }).x ?? '', 'base64url'),
    ].map((bytes) => `${esHead}.${esBody}.${bytes.toString('base64url')}`),
    // The claims.
    ...[
      { iss: 'evil' },
      { aud: ['postern'] },
      { exp: inSeconds(-31) },
      { exp: inSeconds(-20) },
      { exp: 1e308 },
      { exp: `${inSeconds(900)}` },
      { nbf: inSeconds(60) },
      { gen: -1 },
      { sub: '' },
      { sid: null },
      { roles: 'ADMIN' },
      { roles: [1] },
    ].map((changes) => sign(claims(changes))),
    ...['null', '[]', '{', '"text"', `\uFEFF${json}`, json.replace('{', '{"__proto__":{"roles":["ADMIN"]},')].map(
      payload,
    ),
    payload(Buffer.concat([Buffer.from(json.slice(0, -1)), Buffer.from([0xff, 0xc0]), Buffer.from('}')])),
    payload(json.replace('"USER"', '"\u{1F600}é"')),
  ]
}
