// How ioredis connects to what the URL of Redis names, for the service and its validators.
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { RedisAddress, RedisTarget } from './redis-url.js'

/** How long a Sentinel may take to answer before the next one is asked. */
const SENTINEL_TIMEOUT_MS = 2000

/** The options of ioredis for TLS. `ca`: the only trusted authorities, in PEM. Undefined: those of Node.js. */
export interface RedisTls {
  readonly ca?: string | undefined
  readonly servername?: string
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined
}

/**
 * A certificate must be for the host that is connected to, or for one of `named`, the hosts in the URL. The second is for
 * nodes of a cluster, and for primaries: a server that has proven its own identity announces their addresses.
 */
export function redisTls(named: readonly string[], ca?: string): RedisTls {
  return {
    ...(ca !== undefined && { ca }),
    checkServerIdentity(host, certificate) {
      const error = checkServerIdentity(host, certificate)
      const other = error && named.some((name) => !checkServerIdentity(name, certificate))
      return other ? undefined : error
    },
  }
}

/** The options for one server, or for the primary that the Sentinels name. */
export function redisOptions(target: RedisTarget, ca?: string) {
  const { addresses, sentinel, username, password, database, family } = target
  const [server] = addresses
  const tls = target.tls && redisTls(hostsOf(target), ca)
  return {
    username,
    password,
    db: database,
    family,
    ...(tls && { tls }),
    ...(sentinel
      ? {
          name: sentinel.name,
          sentinels: addresses.map((address) => ({ ...address })),
          sentinelUsername: sentinel.username,
          sentinelPassword: sentinel.password,
          sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
          ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
        }
      : server),
  }
}

/** The options for a cluster. */
export function redisClusterOptions(target: RedisTarget, ca?: string) {
  const { username, password, family } = target
  const hosts = hostsOf(target)
  const tls = target.tls && redisTls(hosts, ca)
  return { ...(tls && clusterTls(hosts, tls)), redisOptions: { username, password, family, ...(tls && { tls }) } }
}

/**
 * The options that let a certificate be compared with host names. By default, ioredis resolves the names of a cluster
 * before it connects. A node that is announced by its IP address gets the first host name as its TLS server name, because
 * an address can't be one.
 */
export function clusterTls(hosts: readonly string[], tls: RedisTls) {
  const serverName = hosts.find((host) => isIP(host) === 0)
  return {
    dnsLookup: (host: string, callback: (error: null, address: string) => void) => callback(null, host),
    ...(serverName !== undefined && { natMap: (key: string) => nodeWithServerName(key, tls, serverName) }),
  }
}

/** ioredis takes all of a node's own options from here, although its type has only the address. */
function nodeWithServerName(key: string, tls: RedisTls, servername: string): RedisAddress | null {
  const host = key.slice(0, key.lastIndexOf(':'))
  if (isIP(host) === 0) return null
  // Node.js compares the server name with the certificate, which may also be for the address.
  const check: RedisTls['checkServerIdentity'] = (name, certificate) =>
    tls.checkServerIdentity(name, certificate) && tls.checkServerIdentity(host, certificate)
  const node = {
    host,
    port: Number(key.slice(host.length + 1)),
    tls: { ...tls, servername, checkServerIdentity: check },
  }
  return node
}

const hostsOf = ({ addresses }: RedisTarget) => addresses.map(({ host }) => host)
