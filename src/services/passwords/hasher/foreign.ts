// Verifies hashes that other systems made, in their stored form (../foreign/stored-form.ts).
import { createCipheriv, pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

type Verify = (hash: string, password: Buffer) => Promise<boolean>

const derivePbkdf2 = promisify(pbkdf2)

/** More than foreign/costs.ts lets in needs. */
const MAX_SCRYPT_BYTES = 160 * 1024 ** 2

const bytesOf = (text = ''): Buffer => Buffer.from(text, 'base64')

const isEqual = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

const number = (parameters: string, name: string): number =>
  Number(new RegExp(`(?:^|,)${name}=(\\d+)`).exec(parameters)?.[1])

function deriveScrypt(password: Buffer, salt: Buffer, length: number, parameters: string): Promise<Buffer> {
  const [cost, blockSize, parallelization] = ['ln', 'r', 'p'].map((name) => number(parameters, name))
  const options = { cost: 2 ** (cost ?? 0), blockSize, parallelization, maxmem: MAX_SCRYPT_BYTES }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options as object, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

/** Firebase encrypts its signer key with the derived one. The initialization vector is zero. */
function encrypt(key: Buffer, signerKey: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-ctr', key.subarray(0, 32), Buffer.alloc(16))
  return Buffer.concat([cipher.update(signerKey), cipher.final()])
}

/** Loaded at the first hash that needs it. */
const bcrypt: Verify = async (hash, password) => (await import('@node-rs/bcrypt')).verify(password, hash)

/**
 * `argon2` verifies hashes that name their version. Null for a hash that is not foreign.
 * @public program.ts imports it by its file.
 */
export function foreignVerifier(hash: string, argon2: Verify): Verify | null {
  const [, name = '', parameters = '', ...rest] = hash.split('$')
  if (/^2[aby]$/.test(name)) return bcrypt
  if (name === 'scrypt')
    return async (_, password) => {
      const [salt, expected] = rest.map(bytesOf) as [Buffer, Buffer]
      return isEqual(await deriveScrypt(password, salt, expected.length, parameters), expected)
    }
  if (name === 'fbscrypt')
    return async (_, password) => {
      const [salt, separator, signerKey, expected] = rest.map(bytesOf) as [Buffer, Buffer, Buffer, Buffer]
      const key = await deriveScrypt(password, Buffer.concat([salt, separator]), 64, parameters)
      return isEqual(encrypt(key, signerKey), expected)
    }
  if (name.startsWith('pbkdf2-'))
    return async (_, password) => {
      const [salt, expected] = rest.map(bytesOf) as [Buffer, Buffer]
      const digest = name.slice('pbkdf2-'.length)
      return isEqual(await derivePbkdf2(password, salt, number(parameters, 'i'), expected.length, digest), expected)
    }
  // Without a version it may be either. The libraries would take it for 0x10 only.
  if (name.startsWith('argon2') && parameters.startsWith('m='))
    return async (_, password) => {
      const versioned = (version: number) => `$${name}$v=${version}$${[parameters, ...rest].join('$')}`
      return (await argon2(versioned(19), password)) || argon2(versioned(16), password)
    }
  return null
}
