import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify, type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addSecurityHeaders, createSecurityHeaders } from '../../../src/http/security-headers.js'
import { registerPlayground } from '../../../src/http/static/playground.js'

let app: FastifyInstance
const directory = mkdtempSync(join(tmpdir(), 'postern-playground-'))
const get = (url: string) => app.inject({ method: 'GET', url })

beforeAll(() => {
  mkdirSync(join(directory, 'dist/assets'), { recursive: true })
  writeFileSync(join(directory, 'secret'), 'not to be served')
  writeFileSync(join(directory, 'dist/index.html'), '<html data-endpoint="/graphql"></html>')
  writeFileSync(join(directory, 'dist/assets/page-1a2b.js'), 'play()')
  app = fastify()
  addSecurityHeaders(app, createSecurityHeaders([], { https: false }))
  registerPlayground(app, { endpoint: '/api?"a"&b', directory: join(directory, 'dist') })
})
afterAll(async () => {
  await app.close()
  rmSync(directory, { recursive: true })
})

describe('the playground', () => {
  it('serves its page with the endpoint in it, revalidated each time', async () => {
    for (const url of ['/playground', '/playground/']) {
      const { statusCode, headers, body } = await get(url)
      expect(statusCode).toBe(200)
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(headers['cache-control']).toBe('no-cache')
      expect(body).toBe('<html data-endpoint="/api?&quot;a&quot;&amp;b"></html>')
    }
  })

  it('lets assets be cached forever', async () => {
    const { headers, body } = await get('/playground/assets/page-1a2b.js')
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(body).toBe('play()')
  })

  it('allows no inline script, no other origin and no frame', async () => {
    const { headers } = await get('/playground')
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it.each([
    '../secret',
    '%2e%2e/secret',
    '..%2fsecret',
    'assets/../../secret',
    '..%5csecret',
    '%00',
    '__proto__',
    'assets',
  ])('has nothing at %s', async (path) => {
    const { statusCode, body } = await get(`/playground/${path}`)
    expect(statusCode).toBe(404)
    expect(body).not.toContain('not to be served')
  })

  it('says what to do when it is not built', () => {
    expect(() =>
      registerPlayground(fastify(), { endpoint: '/graphql', directory: join(directory, 'dist/assets') }),
    ).toThrow('npm run build')
  })
})
