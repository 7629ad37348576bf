import { Webhook } from 'standardwebhooks'
import { expect, it } from 'vitest'
import { createSecretVault, newSecret, secretText } from '../../src/webhooks/secrets.js'
import { signedHeaders } from '../../src/webhooks/signatures.js'

const [A, B] = ['a', 'b'].map((letter) => letter.repeat(64)) as [string, string]
const body = '{"name":"Zoë"}'
const message = () => ({ id: 'event-1', timestamp: Math.floor(Date.now() / 1000), body })

it('a secret has the form of Standard Webhooks', () => {
  expect(secretText(newSecret())).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(secretText(newSecret())).not.toBe(secretText(newSecret()))
})

it('the reference library accepts the signatures of all secrets, and no other', () => {
  const secrets = [newSecret(), newSecret()]
  const signed = message()
  const headers = signedHeaders(signed, secrets)
  for (const secret of secrets) expect(new Webhook(secretText(secret)).verify(body, headers)).toEqual({ name: 'Zoë' })
  expect(() => new Webhook(secretText(newSecret())).verify(body, headers)).toThrow()
  expect(() => new Webhook(secretText(secrets[0]!)).verify(`${body} `, headers)).toThrow()
  for (const changed of [{ 'webhook-id': 'event-2' }, { 'webhook-timestamp': String(signed.timestamp - 1) }])
    expect(() => new Webhook(secretText(secrets[0]!)).verify(body, { ...headers, ...changed })).toThrow()
})

it('a vault opens what it has sealed, with its previous keys too, and nothing else', () => {
  const secret = newSecret()
  const sealed = createSecretVault(A, []).seal(secret, 'one')
  expect(Buffer.from(sealed.sealed).includes(Buffer.from(secret))).toBe(false)
  expect(Buffer.compare(createSecretVault(A, []).open(sealed, 'one')!, secret)).toBe(0)
  expect(Buffer.compare(createSecretVault(B, [A]).open(sealed, 'one')!, secret)).toBe(0)
  expect(createSecretVault(B, []).open(sealed, 'one')).toBeNull()
  expect(createSecretVault(A, []).open(sealed, 'another')).toBeNull()
  const changed = Buffer.from(sealed.sealed)
  changed[changed.length - 1]! ^= 1
  expect(createSecretVault(A, []).open({ ...sealed, sealed: changed }, 'one')).toBeNull()
  expect(createSecretVault(A, []).open({ ...sealed, sealed: Buffer.alloc(5) }, 'one')).toBeNull()
})
