// Reads from the headers of trusted proxies which address the client has, and which host it called.
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import proxyAddress from '@fastify/proxy-addr'
import { parse } from 'forwarded-parse'

/** Which headers count. `auto`: Forwarded (RFC 7239) in a request without any X-Forwarded header. */
export type ProxyHeaders = 'auto' | 'x-forwarded' | 'forwarded'

/** What is read of a request. */
export interface ProxiedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

/** What each proxy adds, the nearest last. */
type Hops = readonly Readonly<Record<string, string>>[]

/** `trustedProxies` are addresses and networks. */
export function createProxyReader(trustedProxies: readonly string[], proxyHeaders: ProxyHeaders) {
  const isTrusted = trustedProxies.length > 0 ? proxyAddress.compile([...trustedProxies]) : null

  const usesForwarded = (headers: IncomingHttpHeaders): boolean =>
    proxyHeaders === 'forwarded' ||
    // A client can send Forwarded through a proxy that knows only X-Forwarded-For.
    (proxyHeaders === 'auto' &&
      headers.forwarded !== undefined &&
      !Object.keys(headers).some((name) => name.startsWith('x-forwarded-')))

  /** The client's address. Empty if the client has disconnected or a trusted proxy does not say. */
  function addressOf(request: ProxiedRequest): string {
    // A closed connection has none.
    const peer = request.socket.remoteAddress
    if (peer === undefined) return ''
    if (!isTrusted?.(peer, 0)) return peer
    if (!usesForwarded(request.headers)) return addressIn(proxyAddress(request as never, isTrusted))
    const hops = hopsOf(request.headers)
    if (hops === null) return ''
    const addresses = [peer, ...hops.toReversed().map((hop) => addressIn(hop['for'] ?? ''))]
    return addresses.find((address, distance) => !isTrusted(address, distance)) ?? addresses.at(-1) ?? ''
  }

  /** The host that the client called: the first one, because each proxy appends the one that it was called by. */
  function hostOf({ socket, headers }: ProxiedRequest): string | undefined {
    if (!isTrusted?.(socket.remoteAddress ?? '', 0)) return headers.host
    if (!usesForwarded(headers)) return firstOf(headers['x-forwarded-host']) ?? headers.host
    const hops = hopsOf(headers)
    // No host is valid if the header is malformed.
    return hops === null ? '' : (hops.find((hop) => hop['host'] !== undefined)?.['host'] ?? headers.host)
  }

  return { addressOf, hostOf }
}

/** Null if the header is malformed. */
function hopsOf({ forwarded = '' }: IncomingHttpHeaders): Hops | null {
  if (forwarded === '') return []
  try {
    return parse(forwarded)
  } catch {
    return null
  }
}

const firstOf = (values: string | string[] | undefined): string | undefined =>
  String(values ?? '')
    .split(',')
    .map((value) => value.trim())
    .find((value) => value !== '')

/** The address in `192.0.2.1:4711`, `[2001:db8::1]:4711` and the like. Empty for `unknown`, `_hidden` and everything else. */
function addressIn(node: string): string {
  const address = /^\[(.+)\](?::[\w.-]+)?$/.exec(node)?.[1] ?? /^([\d.]+):[\w.-]+$/.exec(node)?.[1] ?? node
  return isIP(address) > 0 ? address : ''
}
