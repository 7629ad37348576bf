import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '@postern/service/logger'
import { createApp } from '../../../src/app/create-app.js'
import { readConfig } from '../../../src/config/index.js'
import { keyCommands, keysFolder, partOf, type Json } from '../../support/keys.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, TEST_ENVIRONMENT, type Instance, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

const PROFILE = '{ profile { id } }'
const REVOCATION_KEY = 'test-revocation-key-0123456789abcdef012345'

const kidOf = (token: string): string => String(partOf(token, 0)['kid'])

async function jwks(instance: Instance): Promise<Json[]> {
  const response = await fetch(`${instance.url}/.well-known/jwks.json`)
  return ((await response.json()) as { keys: Json[] }).keys
}

/** Between two uses of a token. The load lasts half a minute, and leaves the processor to others. */
const PAUSE_MS = 10

/** Uses the token on each instance again and again until it expires, and returns all codes. */
async function useUntilItExpires(token: string, instances: Instance[]): Promise<string[]> {
  const { exp } = partOf(token, 1) as { exp: number }
  const answers: string[] = []
  while (Date.now() < exp * 1000)
    for (const instance of instances) {
      const { code = 'OK' } = await instance.graphql(PROFILE, {}, token)
      if (Date.now() < exp * 1000) answers.push(code)
      await pause(PAUSE_MS)
    }
  return answers
}

describe('key pairs', () => {
  // As short as possible: a rotation takes two cache lifetimes and 5 s, a retirement 4 s more.
  const times = { ACCESS_TOKEN_TTL: '3', CLOCK_SKEW: '1', JWKS_CACHE_TTL: '10' }
  let folder: Awaited<ReturnType<typeof keysFolder>>
  let first: Service
  let second: Instance
  const rotate = () => keyCommands(folder.path, times).rotate()

  beforeAll(async () => {
    folder = await keysFolder()
    await rotate()
    // The load signs in one user very often, which must not end any session.
    const env = { ...times, KEYS_DIR: folder.path, REVOCATION_KEY, JWT_SECRET: '', SESSIONS_PER_USER: '1000' }
    first = await startService(env)
    second = await startInstance({ ...env, DATABASE_URL: first.database.url, REDIS_URL: testRedisUrl() })
  })
  afterAll(async () => {
    await second.stop()
    await first.stop()
    await folder.remove()
  })

  it('sign at once if they are the first, with their thumbprint as kid', async () => {
    const { token } = await first.signUp()
    expect(partOf(token, 0)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.stringMatching(/^[\w-]{43}$/) })
    expect((await second.graphql(PROFILE, {}, token)).errors).toEqual([])
  })

  it('are published without their private part, to be cached for JWKS_CACHE_TTL', async () => {
    const response = await fetch(`${first.url}/.well-known/jwks.json`)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('cache-control')).toBe('public, max-age=10')
    const { keys } = (await response.json()) as { keys: Json[] }
    expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']])
    const headers = { 'if-none-match': response.headers.get('etag') ?? '' }
    expect(headers['if-none-match']).toMatch(/^".+"$/)
    expect((await fetch(`${second.url}/.well-known/jwks.json`, { headers })).status).toBe(304)
    const listed = { 'if-none-match': `"other", W/${headers['if-none-match']}` }
    const unchanged = await fetch(`${second.url}/.well-known/jwks.json`, { headers: listed })
    expect([unchanged.status, unchanged.headers.get('content-length')]).toEqual([304, null])
  })

  it('are in files that only their owner can read', async () => {
    const [key] = await keyCommands(folder.path).list()
    expect((await stat(join(folder.path, `${key?.kid}.json`))).mode & 0o777).toBe(0o600)
  })

  it('refuse HS256 tokens, signed with the public key or with a secret', async () => {
    const account = await first.signUp()
    const claims = partOf(account.token, 1)
    const publicJwk = (await jwks(first))[0] as JsonWebKey & { kid: string }
    const pem = createPublicKey({ key: publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
    for (const secret of [pem, JSON.stringify(publicJwk), TEST_ENVIRONMENT.JWT_SECRET]) {
      for (const kid of [publicJwk.kid, undefined]) {
        const header = { alg: 'HS256', typ: 'at+jwt', ...(kid && { kid }) }
        const forged = jwt.sign(claims, secret, { algorithm: 'HS256', header })
        expect((await first.graphql(PROFILE, {}, forged)).code).toBe('UNAUTHENTICATED')
      }
    }
    const { token } = await first.login(account)
    expect((await first.graphql(PROFILE, {}, token)).errors).toEqual([])
  })

  it('rotate under load on two instances without one false refusal', async () => {
    const account = await first.signUp()
    const oldKid = kidOf(account.token)
    const instances = [first, second]
    // Validators that fetch only when their copy is too old, never because a kid is unknown.
    const validators = instances.map(({ url }) =>
      createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`), { cacheMaxAge: 10_000, cooldownDuration: 3_600_000 }),
    )
    const expected = { issuer: 'postern', audience: 'postern', clockTolerance: 1 }
    const refused: unknown[] = []
    const seen = new Map<string, number>()
    let lastOldToken = account.token
    let over = false

    const load = [0, 1, 2].map(async (worker) => {
      for (let round = worker; !over; round++) {
        const { token } = await (instances[round % 2] ?? first).login(account)
        const { exp } = partOf(token, 1) as { exp: number }
        const isValid = () => Date.now() < exp * 1000
        if (kidOf(token) === oldKid) lastOldToken = token
        // One worker uses each token until it expires. The others sign in often, so that there are tokens of the old key until its end.
        const most = worker === 0 ? Infinity : 5
        for (let uses = 0; uses < most && isValid(); uses++) {
          await pause(PAUSE_MS)
          for (const [i, instance] of instances.entries()) {
            const { code } = await instance.graphql(PROFILE, {}, token)
            const outcome = await jwtVerify(token, validators[i]!, expected).then(
              () => undefined,
              (error: unknown) => String(error),
            )
            if ((code ?? outcome) && isValid()) refused.push({ code, outcome, kid: kidOf(token), round })
            else if (!code && !outcome) seen.set(kidOf(token), (seen.get(kidOf(token)) ?? 0) + 1)
          }
        }
      }
    })

    try {
      const { key } = await rotate()
      await until('both instances publish the new key', async () => {
        const sets = await Promise.all(instances.map(jwks))
        return sets.every((keys) => keys.some(({ kid }) => kid === key.kid))
      })
      expect(Date.now()).toBeLessThan(key.activeFrom.getTime() - 2000)
      await until('the new key signs', () => seen.has(key.kid))
      expect(Date.now()).toBeGreaterThanOrEqual(key.activeFrom.getTime())
      const answers = await useUntilItExpires(lastOldToken, instances)
      expect(new Set(answers)).toEqual(new Set(['OK']))
      expect(answers.length).toBeGreaterThan(5)
      await until('both instances have withdrawn the old key', async () => {
        const sets = await Promise.all(instances.map(jwks))
        return sets.every((keys) => keys.length === 1 && keys[0]?.['kid'] === key.kid)
      })
      const commands = keyCommands(folder.path, times)
      await until('the file of the old key is deleted', async () => (await commands.retire()).includes(oldKid))
      expect((await commands.list()).map(({ kid, state }) => [kid, state])).toEqual([[key.kid, 'signing']])
      // A while longer with only the new key.
      const count = seen.get(key.kid) ?? 0
      await until('the load continues', () => (seen.get(key.kid) ?? 0) > count + 20)
    } finally {
      over = true
      await Promise.all(load)
    }
    expect(refused).toEqual([])
    expect(seen.get(oldKid)).toBeGreaterThan(20)
  })

  it('stay in use when their file is damaged, and are read again after it is repaired', async () => {
    const [key] = await keyCommands(folder.path, times).list()
    const file = join(folder.path, `${key?.kid}.json`)
    const whole = await readFile(file, 'utf8')
    await writeFile(file, whole.slice(0, 100))
    await expect(first.app.background.reloadKeys?.()).rejects.toThrow(String(key?.kid))
    const { token } = await first.signUp()
    expect((await first.graphql(PROFILE, {}, token)).errors).toEqual([])
    // Without any key: an empty folder changes nothing either.
    await rename(file, `${file}.away`)
    await expect(first.app.background.reloadKeys?.()).rejects.toThrow(`${folder.path} contains no key file`)
    expect((await jwks(first)).map(({ kid }) => kid)).toEqual([key?.kid])
    await rm(`${file}.away`)
    await writeFile(file, whole)
    await first.app.background.reloadKeys?.()
  })

  it("are not used if the private part or the file's name is of another key", async () => {
    const other = await keysFolder()
    const [mine, theirs] = await Promise.all([folder.path, other.path].map((path) => keyCommands(path, times).list()))
    await keyCommands(other.path, times).rotate()
    const [stranger] = await keyCommands(other.path, times).list()
    expect(theirs).toEqual([])
    const read = async (path: string, kid = '') => JSON.parse(await readFile(join(path, `${kid}.json`), 'utf8')) as Json
    const pair = await read(other.path, stranger?.kid)
    const own = await read(folder.path, mine?.[0]?.kid)
    const file = join(folder.path, `${stranger?.kid}.json`)
    for (const [bad, problem] of [
      [{ ...pair, d: own['d'] }, "contains no key pair: its private and public halves don't belong together"],
      [own, 'is named after another key'],
      [{ ...pair, activeFrom: 'soon', tokenTtl: 0 }, 'lacks a usable activeFrom, tokenTtl'],
      [{ ...pair, crv: 'P-384' }, 'lacks a usable crv'],
      [[], 'is not a JSON object'],
    ] as const) {
      await writeFile(file, JSON.stringify(bad))
      await expect(first.app.background.reloadKeys?.()).rejects.toThrow(new Error(`${file} ${problem}`))
      expect((await jwks(first)).length).toBe(1)
    }
    await rm(file)
    await other.remove()
  })

  it('are refused after a leak as soon as their files are deleted and another key exists', async () => {
    const account = await first.signUp()
    await rm(join(folder.path, `${kidOf(account.token)}.json`))
    const { key } = await rotate()
    await until('both instances sign with the new key', async () => {
      const tokens = await Promise.all([first, second].map((instance) => instance.login(account)))
      return tokens.every(({ token }) => kidOf(token) === key.kid)
    })
    const { token } = await second.login(account)
    for (const instance of [first, second]) {
      expect((await instance.graphql(PROFILE, {}, account.token)).code).toBe('UNAUTHENTICATED')
      expect((await instance.graphql(PROFILE, {}, token)).code).toBeUndefined()
      expect((await jwks(instance)).map(({ kid }) => kid)).toEqual([key.kid])
    }
  })

  it('stop the start if there are none, with the command that creates one', async () => {
    const empty = await keysFolder()
    const env = { KEYS_DIR: empty.path, REVOCATION_KEY, DATABASE_URL: first.database.url, REDIS_URL: testRedisUrl() }
    const config = readConfig({ ...TEST_ENVIRONMENT, ...env })
    await expect(createApp(config, createLogger('silent'))).rejects.toThrow('npm run keys -- rotate')
    await empty.remove()
  })
})
