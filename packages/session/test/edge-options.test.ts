import { expect, it } from 'vitest'
import { createEdgeValidator } from '../src/edge.js'
import { claims, pair, SECRET, signES256 } from './support/tokens.js'

const publicKeys = { k1: pair.publicKey.export({ format: 'jwk' }) }

it('refuses invalid options', () => {
  const make = (options: object) => () => createEdgeValidator({ secret: SECRET, revocations: 'none', ...options })
  const private_ = pair.privateKey.export({ format: 'jwk' })
  expect(make({ secret: undefined })).toThrow(/at least one of jwksUrl, publicKeys and secret/)
  expect(make({ secret: 'short' })).toThrow(/32 bytes/)
  expect(make({ secret: [SECRET, 'short'] })).toThrow(/32 bytes/)
  expect(make({ publicKeys: {} })).toThrow(/must not be empty/)
  expect(make({ publicKeys: { a: private_ } })).toThrow(/private/)
  expect(make({ publicKeys: { a: { ...publicKeys.k1, crv: 'P-384' } } })).toThrow(/P-256/)
  expect(make({ publicKeys: { a: 'PEM' } })).toThrow(/JSON Web Keys/)
  expect(make({ publicKeys: { keys: [publicKeys.k1] } })).toThrow(/kid/)
  expect(make({ jwksUrl: 'auth.example.com' })).toThrow(/jwksUrl/)
  expect(make({ jwksUrl: 'ftp://auth.example.com' })).toThrow(/jwksUrl/)
  for (const clockSkew of [61, '30' as never, [30] as never]) expect(make({ clockSkew })).toThrow(/clockSkew/)
  for (const revocations of [undefined, null, 'all', {}]) expect(make({ revocations })).toThrow(/revocations must be/)
  for (const checkWithin of [0, 61, Number.NaN, '2' as never]) expect(make({ checkWithin })).toThrow(/checkWithin/)
  expect(make({ whenCheckFails: 'ignore' })).toThrow(/whenCheckFails/)
})

it('refuses a public key that is not on the curve with the first token', async () => {
  const validator = createEdgeValidator({ publicKeys: { k1: { ...publicKeys.k1, x: 'AA' } }, revocations: 'none' })
  await expect(validator.validate(signES256(claims()))).rejects.toThrow(new TypeError('a public key must be EC P-256'))
})
