import { createTokenVerifier } from '@postern/session'
import {
  allowInsecureRequests,
  discoveryRequest,
  processDiscoveryResponse,
  validateJwtAccessToken,
  type DiscoveryRequestOptions,
} from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../support/free-port.js'
import { keyCommands, keysFolder } from '../../support/keys.js'
import { startService, type Service } from '../../support/service.js'
import { sendRaw } from '../../support/raw-http.js'

const NAMES = ['openid-configuration', 'oauth-authorization-server']
const PAGE = 'https://app.example.com'
const REVOCATION_KEY = 'r'.repeat(32)

let folder: Awaited<ReturnType<typeof keysFolder>>
beforeAll(async () => {
  folder = await keysFolder()
  await keyCommands(folder.path).rotate()
})
afterAll(() => folder.remove())

/** A service that signs with key pairs, whose issuer is its own URL and `path`. */
async function startIssuer(path: string) {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}${path}`
  const keys = { KEYS_DIR: folder.path, REVOCATION_KEY, JWT_SECRET: '' }
  const service = await startService({ ...keys, PORT: `${port}`, JWT_ISSUER: issuer, ALLOWED_ORIGINS: PAGE })
  return { issuer, service }
}

describe('the discovery document', () => {
  let issuer: string
  let service: Service
  beforeAll(async () => {
    ;({ issuer, service } = await startIssuer(''))
  })
  afterAll(() => service.stop())

  const get = (name: string, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/.well-known/${name}`, { headers })

  it('names the issuer and the URL of its keys, and no endpoint that does not exist', async () => {
    for (const name of NAMES) {
      expect(await (await get(name)).json()).toEqual({
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks.json`,
        response_types_supported: ['none'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      })
    }
  })

  it('is served as the keys are: media type, caching, ETag and CORS', async () => {
    for (const headers of [{}, { origin: PAGE }, { origin: 'https://other.example.com' }]) {
      const relevant = async (name: string) => {
        const response = await get(name, headers)
        expect(response.headers.get('etag')).toMatch(/^".+"$/)
        const of = ['content-type', 'cache-control', 'access-control-allow-origin', 'vary']
        return [response.status, ...of.map((header) => response.headers.get(header))]
      }
      const keys = await relevant('jwks.json')
      for (const name of NAMES) expect(await relevant(name)).toEqual(keys)
    }
    for (const name of NAMES) {
      const etag = (await get(name)).headers.get('etag') ?? ''
      expect((await get(name, { 'if-none-match': etag })).status).toBe(304)
    }
  })

  it('has URLs from the configuration, whatever the Host header says', async () => {
    for (const name of NAMES) {
      const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
      const answer = await sendRaw(service.url, { method: 'GET', path: `/.well-known/${name}`, headers, body: '' })
      expect(answer.body).toContain(`"issuer":"${issuer}"`)
      expect(answer.body).not.toContain('evil')
    }
  })
})

describe.each(['', '/', '/auth', '/auth/', '/a/b-c.d'])('an issuer with the path "%s"', (path) => {
  it.each<NonNullable<DiscoveryRequestOptions['algorithm']>>(['oidc', 'oauth2'])(
    'is discovered (%s), and its keys verify its tokens',
    async (algorithm) => {
      const { issuer, service } = await startIssuer(path)
      onTestFinished(() => service.stop())
      const insecure = { [allowInsecureRequests]: true }
      const response = await discoveryRequest(new URL(issuer), { algorithm, ...insecure })
      const server = await processDiscoveryResponse(new URL(issuer), response)

      const { id, token } = await service.signUp()
      const request = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } })
      expect(await validateJwtAccessToken(server, request, 'postern', insecure)).toMatchObject({ iss: issuer, sub: id })

      const publicKeys = (await (await fetch(server.jwks_uri!)).json()) as { keys: [] }
      expect(createTokenVerifier({ publicKeys, issuer }).verify(token).sub).toBe(id)
      // Behind a proxy that removes the path.
      for (const name of NAMES)
        expect(await (await fetch(`${service.url}/.well-known/${name}`)).json()).toMatchObject({ issuer })
    },
  )
})

describe('without a URL as issuer, or without keys to publish', () => {
  it.each<[string, () => Record<string, string>]>([
    ['JWT_ISSUER is a name', () => ({ KEYS_DIR: folder.path, REVOCATION_KEY, JWT_SECRET: '' })],
    ['tokens have a shared secret', () => ({ JWT_ISSUER: 'https://auth.example.com' })],
  ])('there is no document, and the response says what is missing: %s', async (_, env) => {
    const service = await startService(env())
    onTestFinished(() => service.stop())
    for (const name of NAMES) {
      const response = await fetch(`${service.url}/.well-known/${name}`)
      expect(response.status).toBe(404)
      const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] }
      expect(errors[0]?.extensions.code).toBe('NOT_FOUND')
      expect(errors[0]?.message).toBe(
        'This service has no discovery document. It needs KEYS_DIR, and an https URL as JWT_ISSUER.',
      )
    }
  })
})
