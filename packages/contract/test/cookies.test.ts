import { describe, expect, it } from 'vitest'
import { ACCESS_COOKIE, cookieRefusal, readCookie } from '../src/cookies.js'

const page = { 'x-postern-cookies': '1', origin: 'https://app.example.com' }
const refusal = (headers: Record<string, string | string[]>, method = 'POST', host = 'api.example.com') =>
  cookieRefusal({ method, host, headers }, ['https://app.example.com'])

describe('a request may use cookies', () => {
  it.each([
    ['from a listed origin', page],
    ['from a listed origin of the same site', { ...page, 'sec-fetch-site': 'same-site' }],
    ['from its own origin', { ...page, origin: 'https://api.example.com' }],
  ])('%s', (_what, headers) => expect(refusal(headers)).toBeNull())

  it('from its own origin on this machine, without TLS', () => {
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'app.localhost'])
      expect([host, refusal({ ...page, origin: `http://${host}` }, 'POST', host)]).toEqual([host, null])
  })

  it('in a GET without Origin that the browser marks as same-origin', () => {
    expect(refusal({ 'x-postern-cookies': '1', 'sec-fetch-site': 'same-origin' }, 'GET')).toBeNull()
  })
})

describe('a request may not use cookies', () => {
  it.each([
    ['missing_header', { origin: page.origin }],
    ['missing_header', { ...page, 'x-postern-cookies': '0' }],
    ['missing_header', { ...page, 'x-postern-cookies': ['1', '1'] }],
    ['cross_site', { ...page, 'sec-fetch-site': 'cross-site' }],
    ['missing_origin', { 'x-postern-cookies': '1' }],
    ['missing_origin', { 'x-postern-cookies': '1', 'sec-fetch-site': 'same-origin' }],
    ['foreign_origin', { ...page, origin: 'https://other.example.com' }],
    ['foreign_origin', { ...page, origin: 'http://app.example.com' }],
    ['foreign_origin', { ...page, origin: 'http://api.example.com' }],
    ['foreign_origin', { ...page, origin: 'https://api.example.com:444' }],
    ['foreign_origin', { ...page, origin: 'https://api.example.com/' }],
    ['foreign_origin', { ...page, origin: ['https://app.example.com'] }],
    ['foreign_origin', { ...page, origin: 'null' }],
    ['foreign_origin', { ...page, origin: '' }],
  ])('with %s: %j', (expected, headers) => expect(refusal(headers)).toBe(expected))

  it('in a GET without Origin that the browser does not mark as same-origin', () => {
    expect(refusal({ 'x-postern-cookies': '1' }, 'GET')).toBe('missing_origin')
    expect(refusal({ 'x-postern-cookies': '1', 'sec-fetch-site': 'same-site' }, 'GET')).toBe('missing_origin')
  })
})

describe('a cookie', () => {
  it.each([`${ACCESS_COOKIE}=a.b-c_d`, `other=1; ${ACCESS_COOKIE}=a.b-c_d; last=2`])('is read from %s', (header) =>
    expect(readCookie(header, ACCESS_COOKIE)).toBe('a.b-c_d'),
  )

  it.each([
    ['absent', 'other=1'],
    ['there twice', `${ACCESS_COOKIE}=a; ${ACCESS_COOKIE}=b`],
    ['there twice with one value', `${ACCESS_COOKIE}=a; ${ACCESS_COOKIE}=a`],
    ['empty', `${ACCESS_COOKIE}=`],
    ['quoted', `${ACCESS_COOKIE}="a"`],
    ['encoded', `${ACCESS_COOKIE}=a%2Eb`],
    ['beside stray spaces', `  ${ACCESS_COOKIE}=a`],
    ['followed by a space', `${ACCESS_COOKIE}=a ; b=1`],
    ['named in another case', `${ACCESS_COOKIE.toUpperCase()}=a`],
    ['part of another name', `x${ACCESS_COOKIE}=a`],
    ['too long', `${ACCESS_COOKIE}=${'a'.repeat(4097)}`],
  ])('is ignored when it is %s', (_what, header) => expect(readCookie(header, ACCESS_COOKIE)).toBeNull())
})
