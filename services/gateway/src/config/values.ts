// The types of value of the gateway's variables: lists of addresses, origins or URLs, and ports.
import { isIP } from 'node:net'
import { list } from '@postern/service/values'
import { z } from 'zod'

function isNetwork(item: string): boolean {
  const [address = '', prefix = '1', ...rest] = item.split('/')
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : 0
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits
}

export const networks = list.refine(
  (items) => items.every(isNetwork),
  'must be comma-separated addresses or ranges, such as 10.0.0.0/8',
)

export const origins = list.refine(
  // A URL may contain an asterisk, but no page has such an origin.
  (items) => items.every((item) => URL.parse(item)?.origin === item && !item.includes('*')),
  'must be comma-separated origins, such as https://app.example.com',
)

function isBaseUrl(item: string): boolean {
  const url = URL.parse(item)
  if (!url || !['http:', 'https:'].includes(url.protocol)) return false
  return `${url.username}${url.password}${url.search}${url.hash}` === '' && !/[?#*]/.test(item)
}

export const urls = list.refine(
  (items) => items.every(isBaseUrl),
  'must be comma-separated URLs by which clients reach the gateway, such as https://api.example.com, without credentials, ? and #',
)

/** Its value is a number, or `off`. */
export const optionalPort = (fallback: number) =>
  z
    .string()
    .regex(/^(?:off|\d{1,5})$/, 'must be off, or the number of a port')
    .transform((value) => (value === 'off' ? value : Number(value)))
    .refine((value) => value === 'off' || value <= 65_535, 'must be off, or 0 to 65535')
    .default(fallback)
