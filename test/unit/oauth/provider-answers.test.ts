import fc from 'fast-check'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, expect, it } from 'vitest'
import { unguarded } from '@postern/service/breakers'
import { ServiceError } from '@postern/service/errors'
import { createOpenIdClient, type SignInChecks } from '../../../src/clients/openid-client.js'
import { createGithubProvider, githubMetadata } from '../../../src/repositories/oauth/github-provider.js'
import { createOpenIdProvider } from '../../../src/repositories/oauth/openid-provider.js'
import type { OAuthProvider } from '../../../src/repositories/oauth/provider.js'
import { email } from '../../../src/schema/email-rule.js'
import { identityOf } from '../../../src/services/oauth/identities.js'
import { createProviders } from '../../../src/services/oauth/index.js'

const ISSUER = 'https://provider.example'
const CLIENT = { clientId: 'client', clientSecret: 'secret' }
const CHECKS: SignInChecks = {
  ...{ redirectUri: 'https://auth.example.com/callback', state: 's'.repeat(43), codeVerifier: 'v'.repeat(43) },
  nonce: 'n'.repeat(43),
}
const RESPONSE = { code: 'code', state: CHECKS.state, iss: ISSUER }

/** One that is right in all respects, and others that are wrong in one. */
let right = ''
let wrong: string[] = []
let jwks = ''

beforeAll(async () => {
  const [ours, theirs] = [await generateKeyPair('RS256', { extractable: true }), await generateKeyPair('RS256')]
  jwks = JSON.stringify({ keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'a', alg: 'RS256', use: 'sig' }] })
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: ISSUER, aud: 'client', sub: 'subject', nonce: CHECKS.nonce!, iat: now, exp: now + 600 }
  const sign = (changed: JWTPayload, key = ours.privateKey, header: object = {}) =>
    new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg: 'RS256', kid: 'a', ...header }).sign(key)
  right = await sign({})
  const [head, body, signature] = right.split('.') as [string, string, string]
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  wrong = [
    ...(await Promise.all(
      [
        { iss: 'https://evil.example' },
        { aud: 'other' },
        { aud: ['client', 'other'] },
        { nonce: 'other' },
        { nonce: undefined },
        { exp: now - 3600 },
        { exp: undefined },
        { iat: undefined },
        { sub: undefined },
        { sub: 5 as never },
        { sub: '' },
        { azp: 'other' },
        { nbf: now + 3600 },
      ].map((changed) => sign(changed as JWTPayload)),
    )),
    await sign({}, theirs.privateKey),
    await sign({}, ours.privateKey, { kid: 'unknown' }),
    await sign({}, ours.privateKey, { crit: ['exp'], exp: 1 }).catch(() => `${head}.${body}.`),
    `${encode({ alg: 'none' })}.${body}.`,
    `${encode({ alg: 'HS256', kid: 'a' })}.${body}.${signature}`,
    `${head}.${encode({ ...claims, sub: 'another' })}.${signature}`,
    `${head}.${body}`,
    `${right}.`,
  ]
})

/** What the token endpoint or the API answers next. */
let next: { status: number; type: string; body: string } = { status: 200, type: 'application/json', body: '' }

const fetch = (url: string) => {
  const discovery = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks`, token_endpoint: `${ISSUER}/token` }
  const { status, type, body } = url.endsWith('/.well-known/openid-configuration')
    ? { status: 200, type: 'application/json', body: JSON.stringify({ ...discovery, authorization_endpoint: ISSUER }) }
    : url.endsWith('/jwks')
      ? { status: 200, type: 'application/json', body: jwks }
      : next
  const isEmpty = [204, 205, 304].includes(status)
  return Promise.resolve(new Response(isEmpty ? null : body, { status, headers: { 'content-type': type } }))
}

const openId = createOpenIdProvider(
  { issuer: ISSUER, ...CLIENT, scopes: 'openid', parameters: {}, freshParameters: {}, asksForEmail: true },
  createOpenIdClient({ ...CLIENT, server: { issuer: ISSUER }, fetch }),
)
const github = createGithubProvider(
  { url: ISSUER, ...CLIENT, scopes: 'user' },
  createOpenIdClient({ ...CLIENT, server: { metadata: githubMetadata(ISSUER) }, fetch }),
)
const providers = createProviders([], () => undefined)

/** As a sign-in does it: exchanges the code, and reads who the person is. */
async function identify(kind: 'oidc' | 'github', response = RESPONSE, checks = CHECKS) {
  const client: OAuthProvider = kind === 'oidc' ? openId : github
  const provider = { name: kind, label: kind, kind, client, guard: unguarded }
  const { claims } = await providers.call(provider, (one) => one.exchange(response, checks))
  return identityOf(provider, claims, (text) => email.safeParse(text).data ?? null)
}

/** The code of the error. `accepted` if there is none. */
const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof ServiceError ? error.code : String(error)),
  )

const anything = fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom('bearer', 'Bearer', 'DPoP', 'mac', '', null))

const answer = (idToken: fc.Arbitrary<unknown>) =>
  fc.record({
    status: fc.constantFrom(200, 200, 200, 201, 204, 302, 400, 401, 403, 404),
    type: fc.constantFrom('application/json', 'application/json', 'application/json; charset=x', 'text/html', ''),
    body: fc.oneof(
      { weight: 1, arbitrary: fc.oneof(fc.string(), fc.json()) },
      {
        weight: 4,
        arbitrary: fc
          .record(
            {
              access_token: fc.oneof({ weight: 3, arbitrary: fc.constant('token') }, anything),
              token_type: fc.oneof({ weight: 3, arbitrary: fc.constant('bearer') }, anything),
              id_token: idToken,
              expires_in: fc.oneof(fc.constant(60), anything),
              refresh_token: fc.oneof(fc.constant('token'), anything),
              scope: anything,
              error: anything,
            },
            { requiredKeys: [] },
          )
          .map((value) => JSON.stringify(value)),
      },
    ),
  })

it('no random answer of the token endpoint gives a session, and none is an error of the service', async () => {
  const idToken = fc.oneof(
    fc.nat(1000).map((n) => wrong[n % wrong.length]),
    anything,
  )
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(answer(idToken), async (random) => {
      next = random
      const outcome = await outcomeOf(identify('oidc'))
      seen.add(outcome)
      expect(outcome).toBe('OAUTH_FAILED')
    }),
    { numRuns: 10_000 },
  )
  expect([...seen]).toEqual(['OAUTH_FAILED'])
  // The test would notice: with the right token there is one.
  next = {
    status: 200,
    type: 'application/json',
    body: JSON.stringify({ access_token: 't', token_type: 'bearer', id_token: right }),
  }
  expect(await outcomeOf(identify('oidc'))).toBe('accepted')
})

it('each ID token that is wrong in one respect is refused', async () => {
  for (const token of wrong) {
    next = {
      status: 200,
      type: 'application/json',
      body: JSON.stringify({ access_token: 't', token_type: 'bearer', id_token: token }),
    }
    expect(await outcomeOf(identify('oidc'))).toBe('OAUTH_FAILED')
  }
})

it('no random answer of an API names a user by anything but a number', async () => {
  await fc.assert(
    fc.asyncProperty(answer(anything), async (random) => {
      next = random
      const response = { code: 'code', state: CHECKS.state, iss: `${ISSUER}/login/oauth` }
      expect(await outcomeOf(identify('github', response, { ...CHECKS, nonce: null }))).toBe('OAUTH_FAILED')
    }),
    { numRuns: 1000 },
  )
})
