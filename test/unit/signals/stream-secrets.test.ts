import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createHeaderSeal, hashOfToken, newToken } from '../../../src/services/signals/stream-secrets.js'

const newKey = () => createSecretKey(randomBytes(32))
const key = newKey()
const headers = createHeaderSeal(key)

it('opens a sealed header with the same key, for the same stream', () => {
  const sealed = headers.seal('Bearer secret', 'a')
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('secret')
  expect(headers.open(sealed, 'a')).toBe('Bearer secret')
  expect(headers.open(sealed, 'b')).toBeNull()
  expect(createHeaderSeal(newKey()).open(sealed, 'a')).toBeNull()
  const changed = Uint8Array.from(sealed, (byte, i) => (i === sealed.length - 1 ? byte ^ 1 : byte))
  expect(headers.open(changed, 'a')).toBeNull()
  expect(headers.open(sealed.subarray(0, 20), 'a')).toBeNull()
})

it('has a hash of its own for each token, and none for other text', () => {
  expect(hashOfToken(newToken())).toMatch(/^[\da-f]{64}$/)
  expect(hashOfToken(newToken())).not.toBe(hashOfToken(newToken()))
  for (const text of ['', 'ssf_', `${newToken()}x`, ` ${newToken()}`, 'Bearer x']) expect(hashOfToken(text)).toBeNull()
})
