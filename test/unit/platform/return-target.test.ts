import { describe, expect, it } from 'vitest'
import { returnTarget } from '../../../src/platform/return-target.js'

const own = { host: 'auth.example.com', allowedOrigins: ['https://app.example.com', 'http://localhost:3000'] }

describe('the address to return to after signing in', () => {
  it.each([
    ['/account#sessions', '/account#sessions'],
    ['/a/../b?c=d&e=%2F%2Fevil.example', '/b?c=d&e=%2F%2Fevil.example'],
    ['https://app.example.com', 'https://app.example.com/'],
    ['https://app.example.com/inbox?tab=2#latest', 'https://app.example.com/inbox?tab=2#latest'],
    ['HTTPS://APP.example.com:443/ü', 'https://app.example.com/%C3%BC'],
    ['http://localhost:3000/', 'http://localhost:3000/'],
    // A proxy may end TLS: the scheme of the own host is not known here, and a path needs none.
    ['https://auth.example.com/account?a=b', '/account?a=b'],
    ['http://auth.example.com/account', '/account'],
  ])('may be %s', (target, address) => {
    expect(returnTarget(target, own)).toBe(address)
  })

  it.each([
    ['another origin', 'https://evil.example/'],
    ['a scheme-relative address', '//evil.example'],
    ['three slashes', '///evil.example'],
    ['a path that normalizes to a scheme-relative address', '/.//evil.example'],
    ['the same with two dots', '/a/..//evil.example'],
    ['the same with an encoded dot', '/%2e//evil.example'],
    ['the same on the own host', 'https://auth.example.com//evil.example'],
    ['a backslash for a slash', '/\\evil.example'],
    ['two backslashes', '\\\\evil.example'],
    ['a backslash in front of userinfo', 'https://evil.example\\@app.example.com'],
    ['a tab that URL parsers drop', '/\t/evil.example'],
    ['a line break', '/account\r\nset-cookie: a=b'],
    ['a leading space', ' https://app.example.com'],
    ['a null character', '/account\0'],
    ['JavaScript', 'javascript:alert(1)'],
    ['JavaScript with the origin in a comment', 'javascript://app.example.com/%0aalert(1)'],
    ['data', 'data:text/html,<script>alert(1)</script>'],
    ['a scheme without slashes', 'https:evil.example'],
    ['a scheme without slashes on an allowed host', 'https:app.example.com'],
    ['userinfo that looks like an allowed host', 'https://app.example.com@evil.example'],
    ['userinfo on an allowed host', 'https://ada:secret@app.example.com'],
    ['another port of an allowed host', 'https://app.example.com:8443/'],
    ['another port of the own host', 'https://auth.example.com:8443/'],
    ['another scheme of an allowed host', 'http://app.example.com/'],
    ['a subdomain of an allowed host', 'https://evil.app.example.com/'],
    ['a host that begins like an allowed one', 'https://app.example.com.evil.example/'],
    ['a relative path without a slash', 'account'],
    ['an empty string', ''],
    ['no host', 'https://'],
    ['several values', ['/account', '/']],
    ['nothing', undefined],
    ['an address of unreasonable length', `/${'a'.repeat(2048)}`],
  ])('is never %s', (_what, target) => {
    expect(returnTarget(target, own)).toBeNull()
  })

  it('compares ports on the own host too', () => {
    const withPort = { host: '127.0.0.1:8080', allowedOrigins: [] }
    expect(returnTarget('http://127.0.0.1:8080/account', withPort)).toBe('/account')
    expect(returnTarget('http://127.0.0.1/account', withPort)).toBeNull()
    expect(returnTarget('http://127.0.0.1:8081/account', withPort)).toBeNull()
  })
})
