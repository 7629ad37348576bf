import { expect, it } from 'vitest'
import { isPublicAddress } from '../../src/outbound/public-addresses.js'

const PUBLIC = ['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0']
const MORE_PUBLIC = [
  '168.63.129.17',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
]

const SPECIAL = [
  ...['0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ...['127.0.0.1', '127.255.255.255', '168.63.129.16', '169.254.0.0', '169.254.169.254', '169.254.255.255'],
  ...['172.16.0.0', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.0', '192.168.255.255'],
  ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.0'],
  '255.255.255.255',
]

/** The same address as IPv6, in both spellings. */
function insideIpv6(address: string, start: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return [`${start}${address}`, `${start}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`]
}

it.each([...PUBLIC, ...MORE_PUBLIC])('%s is public, also inside IPv6', (address) => {
  const forms = [address, ...insideIpv6(address, '::ffff:'), ...insideIpv6(address, '64:ff9b::')]
  expect(forms.filter((form) => !isPublicAddress(form))).toEqual([])
})

it.each(SPECIAL)('%s is not, in no form', (address) => {
  const forms = ['', '::ffff:', '64:ff9b::', '64:ff9b:1::', '2002::', '::'].flatMap((start) =>
    start === '' ? [address] : insideIpv6(address, start),
  )
  expect(forms.filter((form) => isPublicAddress(form))).toEqual([])
})

it.each(['2606:4700:4700::1111', '2A00:1450:4001:800::200E', '2001:4860:4860::8888'])('%s is public', (address) =>
  expect(isPublicAddress(address)).toBe(true),
)

it.each([
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'fdff::1', 'ff02::1'],
  ...[
    'ff0e::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:808:808::1',
    '3fff::1',
    '4000::1',
    '5f00::1',
    '64:ff9a::808:808',
  ],
  ...[
    '2606:4700::1%eth0',
    'example.com',
    '',
    '8.8.8',
    '8.8.8.8:443',
    '[2606:4700::1]',
    '010.1.1.1',
    '0x8.8.8.8',
    '134744072',
  ],
])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false))
