import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ERROR_STATUSES, GRPC_CODES, grpcStatusOf, HTTP_STATUSES, jsonPath, protoPath } from '../src/error-statuses.js'

it('has the table of docs/errors.md', () => {
  const rows = readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(\w+)` +\| `(\w+)` \((\d+)\) +\| (\d{3}) +\|$/gm)
  const documented = [...rows].map(([, code, grpc, number, http]) => [code, grpc, Number(number), Number(http)])
  const known = Object.entries(ERROR_STATUSES).map(([code, { grpc, http }]) => [code, grpc, GRPC_CODES[grpc], http])
  expect(documented).toEqual(known)
})

it('names each code of gRPC by its number', () => {
  for (const [name, code] of Object.entries(GRPC_CODES)) expect(grpcStatusOf(code)).toBe(name)
  expect([grpcStatusOf(17), grpcStatusOf(-1), grpcStatusOf(1.5)]).toEqual(['UNKNOWN', 'UNKNOWN', 'UNKNOWN'])
})

it('has no success for an error', () => {
  const statuses = [...Object.values(ERROR_STATUSES).map(({ http }) => http), HTTP_STATUSES.UNKNOWN]
  expect(statuses.every((status) => status >= 400)).toBe(true)
})

it.each([
  ['email', 'email'],
  ['termsVersion', 'terms_version'],
  ['address.zipCode', 'address.zip_code'],
])('writes the field %s as %s, and back', (json, proto) => {
  expect([protoPath(json), jsonPath(proto)]).toEqual([proto, json])
})
