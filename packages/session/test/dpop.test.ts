import { createHmac, generateKeyPairSync } from 'node:crypto'
import { CompactSign, exportJWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createProver,
  hashOf,
  type Prover,
  RFC_RESOURCE_REQUEST,
  RFC_THUMBPRINT,
  RFC_TOKEN_REQUEST,
  unsigned,
} from '../../../test/support/dpop.js'
import { type SessionError } from '../src/dpop.js'
import { API, create, HTU, messageOf, outcome, proofsOf, requestWith, TOKEN } from './support/dpop-checks.js'

const seconds = () => Math.floor(Date.now() / 1000)

let prover: Prover
let good: ReturnType<typeof proofsOf>
beforeAll(async () => {
  prover = await createProver()
  good = proofsOf(prover)
})

describe('the examples of RFC 9449', () => {
  it('are accepted at their time, with the thumbprint of the RFC', async () => {
    for (const { proof: header, method, url, token, iat } of [RFC_TOKEN_REQUEST, RFC_RESOURCE_REQUEST]) {
      const at = (now: number) => create({ now: () => now * 1000 }).prove({ header, method, urls: [url], token })
      expect((await at(iat)).thumbprint).toBe(RFC_THUMBPRINT)
      expect((await at(iat + 60)).thumbprint).toBe(RFC_THUMBPRINT)
      await expect(at(iat + 61)).rejects.toMatchObject({ code: 'invalid_proof' })
      await expect(at(iat - 31)).rejects.toMatchObject({ code: 'invalid_proof' })
    }
  })

  it('are refused for another token than the one whose hash they have', async () => {
    const { proof: header, method, url, iat } = RFC_RESOURCE_REQUEST
    const { prove } = create({ now: () => iat * 1000 })
    await expect(prove({ header, method, urls: [url], token: 'another' })).rejects.toMatchObject({
      code: 'invalid_proof',
    })
    expect(hashOf(RFC_RESOURCE_REQUEST.token)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
  })
})

describe('a proof', () => {
  it.each(['ES256', 'EdDSA', 'Ed25519', 'PS256'])('is accepted with %s', async (alg) => {
    const other = await createProver(alg)
    const proof = await other.proof({ htm: 'GET', htu: HTU, token: TOKEN })
    expect(await outcome(create(), proof)).toBe(other.thumbprint)
  })

  it('is for a URL in any of its normal forms, without query and fragment', async () => {
    const dpop = create({ urls: ['https://other.example.com', 'https://API.example.com:443/v1/'] })
    for (const htu of [
      'https://api.example.com/v1/a%2Fb',
      'HTTPS://Api.Example.com:443/v1/%61%2fb?query#fragment',
      'https://api.example.com/v1/x/../a%2fb',
    ])
      expect(await messageOf(dpop, await good({ htu }), { url: '/a%2Fb?other=query' })).toBe('accepted')
    for (const htu of [
      'https://api.example.com/v1/a/b',
      'https://api.example.com/a%2Fb',
      'http://api.example.com/v1/a%2Fb',
    ])
      expect(await messageOf(dpop, await good({ htu }), { url: '/a%2Fb' })).toContain('htu')
  })

  it('belongs to the original URL of the request, which routers change', async () => {
    const request = { ...requestWith(await good({ htu: `${API}/v1/me` })), url: '/me', originalUrl: '/v1/me?x' }
    expect((await create().check(request, TOKEN)).thumbprint).toBe(prover.thumbprint)
    const fetched = new Request('http://localhost:3000/me?x', { headers: { dpop: await good() } })
    expect((await create().check(fetched, TOKEN)).thumbprint).toBe(prover.thumbprint)
    await expect(create().check(new Headers({ dpop: await good() }), TOKEN)).rejects.toThrow(TypeError)
  })

  const refusals: Record<string, [proof: () => string | undefined | Promise<string>, words: string]> = {
    'is missing': [() => undefined, 'no DPoP header'],
    'is empty': [() => '', 'no DPoP header'],
    'comes twice': [async () => `${await good()}, ${await good()}`, 'one DPoP header'],
    'is too long': [() => good({ padding: 'x'.repeat(4000) }), '4096 characters'],
    'is no JWS': [() => 'x.y', 'signature'],
    'has a changed payload': [
      async () => (await good()).replace(/\.[^.]+\./, `.${Buffer.from('{}').toString('base64url')}.`),
      'signature',
    ],
    'has the method of another request': [() => good({ htm: 'POST' }), 'htm'],
    'has the method in lower case': [() => good({ htm: 'get' }), 'htm'],
    'has no method': [() => good({ htm: undefined }), 'htm'],
    'is for another path': [() => good({ htu: `${API}/you` }), 'htu'],
    'is for another host': [() => good({ htu: 'https://evil.example.com/me' }), 'htu'],
    'is for another port': [() => good({ htu: 'https://api.example.com:8443/me' }), 'htu'],
    'is for a URL with credentials': [() => good({ htu: 'https://user@api.example.com/me' }), 'htu'],
    'is for a path alone': [() => good({ htu: '/me' }), 'htu'],
    'is for several URLs': [() => good({ htu: [HTU] }), 'htu'],
    'has no URL': [() => good({ htu: undefined }), 'htu'],
    'has the hash of another token': [() => good({ token: 'another token' }), 'ath'],
    'has no hash of the token': [() => prover.proof({ htm: 'GET', htu: HTU }), 'ath'],
    'is old': [() => good({ iat: seconds() - 62 }), 'iat'],
    'is from the future': [() => good({ iat: seconds() + 40 }), 'iat'],
    'has a time as text': [() => good({ iat: String(seconds()) }), 'iat'],
    'has no time': [() => good({ iat: undefined }), 'iat'],
    'has no jti': [() => good({ jti: undefined }), 'jti'],
    'has an empty jti': [() => good({ jti: '' }), 'jti'],
    'has a long jti': [() => good({ jti: 'x'.repeat(257) }), 'jti'],
    'has a number as nonce': [() => good({ nonce: 5 }), 'nonce'],
    'has another typ': [() => good({}, { typ: 'JWT' }), 'typ'],
    'has no typ': [() => good({}, { typ: undefined }), 'typ'],
    'has no jwk': [() => good({}, { jwk: undefined }), 'jwk'],
    'has critical headers': [() => good({}, { crit: ['b64'], b64: true }), 'crit'],
    'has a payload that is null': [
      async () => {
        const { publicKey, privateKey } = generateKeyPairSync('ed25519')
        const header = { typ: 'dpop+jwt', alg: 'EdDSA', jwk: await exportJWK(publicKey) }
        return new CompactSign(Buffer.from('null')).setProtectedHeader(header).sign(privateKey)
      },
      'JSON object',
    ],
    'has the alg none': [
      () => unsigned({ typ: 'dpop+jwt', alg: 'none', jwk: {} }, { htm: 'GET', htu: HTU }),
      'signature',
    ],
    'has the jwk of another key': [
      async () => {
        const { jwk } = JSON.parse(
          Buffer.from((await (await createProver()).proof({})).split('.')[0] ?? '', 'base64url').toString(),
        ) as { jwk: object }
        return good({}, { jwk })
      },
      'signature',
    ],
    'reveals its private key': [
      async () => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        return good({}, { jwk: await exportJWK(privateKey) })
      },
      'private key',
    ],
    'has a key for another algorithm': [() => good({}, { jwk: { kty: 'RSA', n: 'x'.repeat(342), e: 'AQAB' } }), 'jwk'],
    'has a shared secret as key': [
      () => {
        const head = Buffer.from(
          JSON.stringify({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } }),
        ).toString('base64url')
        const body = Buffer.from(JSON.stringify({ htm: 'GET', htu: HTU })).toString('base64url')
        return `${head}.${body}.${createHmac('sha256', 'secret').update(`${head}.${body}`).digest('base64url')}`
      },
      'signature',
    ],
    'has an RSA key of 1024 bits': [
      () => {
        const jwk = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
        return unsigned({ typ: 'dpop+jwt', alg: 'PS256', jwk }, {})
      },
      'jwk',
    ],
    'has an RSA key with an expensive exponent': [
      () => {
        const jwk = { kty: 'RSA', n: 'x'.repeat(342), e: 'x'.repeat(342) }
        return unsigned({ typ: 'dpop+jwt', alg: 'PS256', jwk }, {})
      },
      'jwk',
    ],
  }
  it.each(Object.entries(refusals))('that %s is refused, and the message says why', async (_, [proof, words]) => {
    const message = await messageOf(create(), await proof())
    expect(message).toMatch(/^invalid_proof /)
    expect(message).toContain(words)
  })

  it('is refused with the challenge of the RFC, and its message repeats nothing of it', async () => {
    const error = (await outcome(create(), await good({ htm: 'a secret' }))) as SessionError
    expect(error).toMatchObject({ status: 401, extensions: { code: 'INVALID_DPOP_PROOF' } })
    expect(error.headers).toEqual({
      'www-authenticate':
        'DPoP algs="ES256 EdDSA Ed25519 PS256", error="invalid_dpop_proof", ' +
        'error_description="The DPoP proof is not valid: its htm is not the method of the request"',
    })
  })
})

it('refuses options that no proof could match', () => {
  for (const urls of [
    [],
    ['api.example.com'],
    ['ftp://api.example.com'],
    ['https://api.example.com?x'],
    ['https://u@h'],
  ])
    expect(() => create({ urls })).toThrow(TypeError)
  expect(() => create({ nonce: { secret: 'short' } })).toThrow(TypeError)
})
