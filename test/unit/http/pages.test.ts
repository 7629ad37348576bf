import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { fastify, type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addSecurityHeaders, createSecurityHeaders } from '../../../src/http/security-headers.js'
import { registerPages } from '../../../src/http/static/pages.js'

const script = 'show()'.repeat(20)
const directory = mkdtempSync(join(tmpdir(), 'postern-pages-'))
let app: FastifyInstance
const get = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  app.inject({ method, url, headers })

beforeAll(() => {
  mkdirSync(join(directory, 'web/assets'), { recursive: true })
  writeFileSync(join(directory, 'secret'), 'not to be served')
  writeFileSync(join(directory, 'web/index.html'), '<!doctype html>')
  writeFileSync(join(directory, 'web/favicon.svg'), '<svg/>')
  writeFileSync(join(directory, 'web/push-worker.js'), 'listen()')
  const asset = join(directory, 'web/assets/index-1a2b.js')
  writeFileSync(asset, script)
  writeFileSync(`${asset}.br`, brotliCompressSync(script))
  writeFileSync(`${asset}.gz`, gzipSync(script))
  app = fastify()
  addSecurityHeaders(app, createSecurityHeaders([], { https: false }))
  registerPages(app, { directory: join(directory, 'web'), allowedOrigins: ['https://app.example.com'] })
})
afterAll(async () => {
  await app.close()
  rmSync(directory, { recursive: true })
})

describe('the pages', () => {
  it.each(['/', '/sign-in', '/account', '/account?from=mail'])(
    'are one document at %s, revalidated each time',
    async (url) => {
      const { statusCode, headers, body } = await get(url)
      expect([statusCode, body]).toEqual([200, '<!doctype html>'])
      expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
    },
  )

  it('allow no other origin and nothing inline', async () => {
    for (const url of ['/', '/assets/index-1a2b.js', '/favicon.svg']) {
      const { headers } = await get(url)
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; " +
          "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
      )
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      })
    }
  })

  it('let assets be cached forever', async () => {
    const { headers, body } = await get('/assets/index-1a2b.js')
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(body).toBe(script)
  })

  it.each([
    ['br, gzip', 'br'],
    ['gzip, deflate', 'gzip'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['BR', 'br'],
    ['broom', undefined],
    ['identity', undefined],
    ['br;q=0.000, gzip;q=0', undefined],
  ])('are compressed for %s as %s', async (accepted, encoding) => {
    const { headers, rawPayload } = await get('/assets/index-1a2b.js', { 'accept-encoding': accepted })
    expect(headers['content-encoding']).toBe(encoding)
    expect(headers['vary']).toBe('Accept-Encoding, Origin')
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    const plain = { br: brotliDecompressSync, gzip: gunzipSync }[encoding ?? ''] ?? ((body: Buffer) => body)
    expect(plain(rawPayload).toString()).toBe(script)
  })

  it('answer 304 to a browser that has them', async () => {
    const { headers } = await get('/')
    const again = await get('/', { 'if-none-match': `"other", ${String(headers['etag'])}` })
    expect([again.statusCode, again.body]).toEqual([304, ''])
    expect(again.headers['etag']).toBe(headers['etag'])
    expect((await get('/', { 'if-none-match': '"other"' })).statusCode).toBe(200)
    expect((await get('/favicon.svg', { 'if-none-match': String(headers['etag']) })).statusCode).toBe(200)
  })

  it('answer HEAD with the same headers and no body', async () => {
    const { headers } = await get('/sign-in')
    const head = await get('/sign-in', {}, 'HEAD')
    expect([head.statusCode, head.body]).toEqual([200, ''])
    for (const name of ['etag', 'content-type', 'content-length', 'cache-control'])
      expect(head.headers[name]).toBe(headers[name])
  })

  it.each([
    '/account/x',
    '/index.html',
    '/secret',
    '/assets/',
    '/assets/../index.html',
    '/assets/..%2f..%2fsecret',
    '/assets/%2e%2e/%2e%2e/secret',
    '/assets/..%5csecret',
    '/assets/index-1a2b.js.br',
    '/assets/__proto__',
    '/favicon.ico',
  ])('have nothing at %s', async (url) => {
    const { statusCode, body } = await get(url)
    expect(statusCode).toBe(404)
    expect(body).not.toContain('not to be served')
  })

  it('let no cache keep the 404 of an asset that another version may have', async () => {
    const { statusCode, headers } = await get('/assets/index-of-tomorrow.js')
    expect([statusCode, headers['cache-control']]).toEqual([404, 'no-store'])
  })

  it('send browsers back to an allowed address, and to the account instead of anywhere else', async () => {
    for (const [to, location] of [
      ['/account#sessions', '/account#sessions'],
      ['https://app.example.com/inbox?a=b', 'https://app.example.com/inbox?a=b'],
      ['https://evil.example/', '/account'],
      ['//evil.example', '/account'],
      ['javascript:alert(1)', '/account'],
    ] as const) {
      const { statusCode, headers } = await get(`/return?to=${encodeURIComponent(to)}`)
      expect([statusCode, headers['location'], headers['cache-control']]).toEqual([303, location, 'no-store'])
    }
    expect((await get('/return')).headers['location']).toBe('/account')
    expect((await get('/return?to=/a&to=/b')).headers['location']).toBe('/account')
  })

  it('have a page for a browser at an unknown address, which no cache keeps', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
    const { headers: known } = await get('/')
    for (const url of ['/nowhere', '/account/x', '/index.html']) {
      const answer = await get(url, { accept, 'if-none-match': String(known['etag']) })
      expect([answer.statusCode, answer.body]).toEqual([404, '<!doctype html>'])
      expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
      expect(answer.headers['content-security-policy']).toBe(known['content-security-policy'])
      expect(answer.headers['etag']).toBeUndefined()
    }
    for (const program of ['*/*', 'application/json', '']) {
      const answer = await get('/nowhere', { accept: program })
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'application/json; charset=utf-8'])
    }
    expect((await app.inject({ method: 'POST', url: '/nowhere', headers: { accept } })).body).not.toContain('doctype')
  })

  it('say what to do when they are not built', () => {
    expect(() => registerPages(fastify(), { directory: join(directory, 'web/assets') })).toThrow('npm run build')
  })
})
