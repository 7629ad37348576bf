import { expect, it } from 'vitest'
import { cpuMilliseconds } from '../../../test/support/cpu-time.js'
import { bearerToken, usesBearer } from '../src/bearer.js'

it.each([
  ['Bearer abc', 'abc'],
  ['bearer   abc', 'abc'],
  ['BEARER abc ', 'abc'],
  ['Bearer a b', 'a b'],
])('finds the token of %j', (header, token) => {
  expect([usesBearer(header), bearerToken(header)]).toEqual([true, token])
})

it.each(['Bearer', 'Bearer ', 'bearer    '])('finds the scheme and no token in %j', (header) => {
  expect([usesBearer(header), bearerToken(header)]).toEqual([true, null])
})

it.each([undefined, '', 'Basic dXNlcjpwdw==', 'Bearerabc', 'Token Bearer abc'])('finds neither in %j', (header) => {
  expect([usesBearer(header), bearerToken(header)]).toEqual([false, null])
})

it('reads a header of nothing but spaces in linear time', () => {
  const header = `Bearer${' '.repeat(1_000_000)}`
  expect(cpuMilliseconds(() => expect(bearerToken(header)).toBeNull())).toBeLessThan(1000)
})
