// Decides whether an IP address belongs to the public internet.
import { BlockList, isIP } from 'node:net'

/** From the registries of special-purpose addresses of IANA: https://www.iana.org/assignments/iana-ipv4-special-registry. */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8], // this network
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT, and the metadata of a cloud
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // a cloud's platform services, although it is a public address
  ['169.254.0.0', 16], // link-local, and the metadata of most clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.31.196.0', 24], // AS112
  ['192.52.193.0', 24], // relays of multicast
  ['192.88.99.0', 24], // relays of 6to4
  ['192.168.0.0', 16], // private
  ['192.175.48.0', 24], // AS112
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
] as const

/** Only these can be public: unique-local, link-local, loopback and multicast addresses are all outside. */
const GLOBAL_IPV6 = ['2000::', 3] as const

const SPECIAL_IPV6 = [
  ['2001::', 23], // protocol assignments: Teredo, ORCHID, benchmarks
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4, which contains an IPv4 address
  ['2620:4f:8000::', 48], // AS112
  ['3fff::', 20], // documentation
] as const

/** An IPv4 address as IPv6: mapped, and through NAT64. What is behind it decides. */
const IPV4_INSIDE = ['::ffff:', '64:ff9b::'] as const

const special = new BlockList()
const global = new BlockList()
global.addSubnet(...GLOBAL_IPV6, 'ipv6')
for (const [network, prefix] of SPECIAL_IPV6) special.addSubnet(network, prefix, 'ipv6')
for (const [network, prefix] of SPECIAL_IPV4) special.addSubnet(network, prefix, 'ipv4')
for (const start of IPV4_INSIDE) {
  global.addSubnet(`${start}0.0.0.0`, 96, 'ipv6')
  for (const [network, prefix] of SPECIAL_IPV4) special.addSubnet(`${start}${network}`, 96 + prefix, 'ipv6')
}

/** False for everything special, and for what is not an address. */
export function isPublicAddress(address: string): boolean {
  // A zone, as in fe80::1%eth0, only belongs to addresses that are not public.
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 4) return !special.check(address, 'ipv4')
  return version === 6 && global.check(address, 'ipv6') && !special.check(address, 'ipv6')
}
