import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { cpuMilliseconds } from '../../../test/support/cpu-time.js'
import { createProxyReader, type ProxyHeaders } from '@postern/service/proxy-headers'

const PROXY = '10.0.0.1'
const TRUSTED = ['10.0.0.0/8', '2001:db8:cafe::/48']

const from = (peer: string, headers: Record<string, string>) =>
  ({ headers: { host: 'inside:8080', ...headers }, socket: { remoteAddress: peer } }) as unknown as IncomingMessage

function read(headers: Record<string, string>, proxyHeaders: ProxyHeaders = 'auto', peer = PROXY) {
  const { addressOf, hostOf } = createProxyReader(TRUSTED, proxyHeaders)
  const request = from(peer, headers)
  return { address: addressOf(request), host: hostOf(request) }
}

describe('the host that the browser called', () => {
  it.each([
    ['is the only one that a proxy names', 'auth.example.com:8443', 'auth.example.com:8443'],
    [
      'is the first of several, to which each proxy appends its own',
      'auth.example.com, edge.internal, b',
      'auth.example.com',
    ],
    ['is the first without spaces', ' auth.example.com ,b', 'auth.example.com'],
    ['is the Host if the header is empty', '', 'inside:8080'],
    ['is the Host if every value is empty', ' , ', 'inside:8080'],
  ])('%s', (_, forwarded, host) => {
    expect(read({ 'x-forwarded-host': forwarded }).host).toBe(host)
  })

  it('is the Host if no trusted proxy says otherwise', () => {
    const headers = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    for (const proxyHeaders of ['auto', 'x-forwarded', 'forwarded'] as const)
      expect(read(headers, proxyHeaders, '192.0.2.1')).toEqual({ address: '192.0.2.1', host: 'inside:8080' })
  })
})

describe('Forwarded', () => {
  it.each([
    // RFC 7239, sections 4 and 7.4
    ['for="_gazonk"', '', 'inside:8080'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17', 'inside:8080'],
    ['for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60', 'inside:8080'],
    ['for=192.0.2.43, for=198.51.100.17', '198.51.100.17', 'inside:8080'],
    ['for=192.0.2.43, for="[2001:db8:cafe::17]"', '192.0.2.43', 'inside:8080'],
    ['for=192.0.2.43,for="[2001:db8:cafe::17]",for=unknown', '', 'inside:8080'],
    ['for=192.0.2.43;host=auth.example.com, for=10.0.0.7;host=edge.internal', '192.0.2.43', 'auth.example.com'],
    ['for=192.0.2.43, for=10.0.0.7;host="auth.example.com:8443"', '192.0.2.43', 'auth.example.com:8443'],
    ['For="192.0.2.43:_port";HOST=auth.example.com', '192.0.2.43', 'auth.example.com'],
    ['proto=https', '', 'inside:8080'],
    ['for=10.0.0.8, for=10.0.0.7', '10.0.0.8', 'inside:8080'],
    ['for="\\[2001:db8::1\\]"', '2001:db8::1', 'inside:8080'],
    ['for=<script>', '', ''],
    ['for="192.0.2.43', '', ''],
    ['for', '', ''],
    ['192.0.2.43', '', ''],
  ])('%s', (forwarded, address, host) => {
    expect(read({ forwarded })).toEqual({ address, host })
  })

  it('of a client does not count where the proxy sends X-Forwarded headers', () => {
    const forwarded = 'for=203.0.113.66;host=evil.example'
    expect(read({ forwarded, 'x-forwarded-for': '192.0.2.1' })).toEqual({ address: '192.0.2.1', host: 'inside:8080' })
    expect(read({ forwarded, 'x-forwarded-proto': 'https' })).toEqual({ address: PROXY, host: 'inside:8080' })
    expect(read({ forwarded }, 'x-forwarded')).toEqual({ address: PROXY, host: 'inside:8080' })
  })

  it('alone counts with PROXY_HEADERS=forwarded, whatever X-Forwarded headers a client sends', () => {
    const spoofed = { 'x-forwarded-for': '203.0.113.66', 'x-forwarded-host': 'evil.example' }
    const forwarded = 'for=192.0.2.1;host=auth.example.com'
    expect(read({ ...spoofed, forwarded }, 'forwarded')).toEqual({ address: '192.0.2.1', host: 'auth.example.com' })
    expect(read(spoofed, 'forwarded')).toEqual({ address: PROXY, host: 'inside:8080' })
  })

  it('is read quickly, however long it is', () => {
    for (const forwarded of [`for="${'\\'.repeat(50_000)}`, 'for=a,'.repeat(10_000), ' '.repeat(50_000)])
      expect(cpuMilliseconds(() => expect(read({ forwarded }).address).toBe(''))).toBeLessThan(1000)
  })
})

describe('X-Forwarded-For', () => {
  it.each([
    ['203.0.113.9, 192.0.2.7', '192.0.2.7'],
    ['192.0.2.7, 10.0.0.9', '192.0.2.7'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['unknown', ''],
    ['<script>', ''],
  ])('%s', (forwardedFor, address) => {
    expect(read({ 'x-forwarded-for': forwardedFor }).address).toBe(address)
  })
})
