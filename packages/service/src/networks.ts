// Groups client addresses: one IPv6 client usually has a whole /64, so single addresses say nothing.
import { isIPv6 } from 'node:net'

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** Returns an IPv4 address as it is, and the /64 network of an IPv6 address, such as `2001:db8:0:1::/64`. */
export function networkOf(address: string): string {
  // Every request gets here, and most addresses are IPv4.
  if (!address.includes(':')) return address
  const mapped = MAPPED.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const end = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - end.length - (tail.includes('.') ? 1 : 0))
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...end]
  const network = all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}

/** A larger group, in which a household or an office stays when its addresses change: an IPv4 /24, an IPv6 /48. */
export function neighborhoodOf(address: string): string {
  const network = networkOf(address)
  return network.includes(':')
    ? `${network.split(':').slice(0, 3).join(':')}::/48`
    : `${network.split('.').slice(0, 3).join('.')}.0/24`
}
